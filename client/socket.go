package client

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/loopbridge/loopbridge/client/internal/reach"
)

// SocketVariable is the environment variable that names the daemon's socket.
const SocketVariable = "LOOPBRIDGE_SOCKET"

// DefaultSocket is where the daemon listens unless told otherwise:
// $LOOPBRIDGE_SOCKET, else in $XDG_RUNTIME_DIR, else in /run.
func DefaultSocket() string { return places()[0] }

// FindSocket is where a program finds its daemon: $LOOPBRIDGE_SOCKET; else the first of the
// sockets in $XDG_RUNTIME_DIR and in /run that lets it in, so that the variable does no harm
// where it is wrong. If neither does, it is one that is there and refuses, the later one of
// two, or DefaultSocket: what fails there says why. It connects where there is a
// choice, and asks the daemon nothing. The ALSA plugins do the same: plugin/alsa/find.h.
func FindSocket() string {
	all := places()
	if len(all) == 1 || !exists(all[1]) && !reach.Closed(all[0]) {
		return all[0]
	}
	c, path, _ := reach.First(context.Background(), "unixpacket", all)
	if c != nil {
		c.Close()
	}
	return path
}

const name = "loopbridge/loopbridge.sock"

// systemRun is the folder in which a daemon of the system has its own. It never changes; a
// variable, so that a test can build a program with another one.
var systemRun = "/run"

// placesOf is where to connect: a socket that somebody names, or for "" the usual places.
func placesOf(socket string) []string {
	if socket != "" {
		return []string{socket}
	}
	return places()
}

// places is where a program looks for the daemon, in this order. Relative folders are to be
// ignored, says the specification of the variable: each program would have its own. So are
// those with too long a path for a socket.
func places() []string {
	if path := os.Getenv(SocketVariable); path != "" {
		return []string{path}
	}
	system := filepath.Join(systemRun, name)
	user := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), name)
	if !filepath.IsAbs(user) || len(user) > reach.MaxPath {
		return []string{system}
	}
	return []string{user, system}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
