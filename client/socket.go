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

// DefaultSocket returns where the daemon listens by default: $LOOPBRIDGE_SOCKET, else in
// $XDG_RUNTIME_DIR, else in /run.
func DefaultSocket() string { return places()[0] }

// FindSocket returns where a program finds its daemon: $LOOPBRIDGE_SOCKET, else the first of the
// sockets in $XDG_RUNTIME_DIR and in /run that accepts it. If neither does, it returns the last
// one that exists and refuses, or else DefaultSocket; connecting there gives the reason. It
// connects only if there is a choice, and sends nothing. The ALSA plugins do the same in
// plugin/alsa/find.h.
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

// systemRun is the folder of a system daemon's socket. It never changes; as a variable, a test can
// build a program with another one.
var systemRun = "/run"

// placesOf returns where to connect: to the given socket, or, for "", to the usual ones.
func placesOf(socket string) []string {
	if socket != "" {
		return []string{socket}
	}
	return places()
}

// places returns where a program looks for the daemon, in this order. It skips a relative
// $XDG_RUNTIME_DIR, as its specification demands, and paths too long for a socket.
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
