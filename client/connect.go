package client

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
)

// placesOf is where to connect: a socket that somebody names, or for "" the usual places.
func placesOf(socket string) []string {
	if socket != "" {
		return []string{socket}
	}
	return places()
}

// connect takes the first of some places that lets this program in, and says which that is.
// A failure is about the path that it returns: ErrPermission where a socket is there and
// refuses, the later one of two; else ErrNoDaemon, ErrNoMemory, ErrInterrupted.
func connect(ctx context.Context, all []string) (*net.UnixConn, string, error) {
	about, note := all[0], ""
	var refused error
	for i, path := range all {
		c, err := new(net.Dialer).DialContext(ctx, "unixpacket", path)
		switch {
		case ctx.Err() != nil:
			if err == nil {
				c.Close()
			}
			return nil, path, interrupted(ctx)
		case err == nil:
			return c.(*net.UnixConn), path, nil
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			return nil, path, errFull()
		case errors.Is(err, syscall.EAGAIN):
			return nil, path, audio.ErrNoDaemon.With("the daemon on %s lets nobody in, and many wait: is it stopped? try again", path)
		case !errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.EPERM):
		case !closed(path):
			about = path
			refused = audio.ErrPermission.With("you may not use the daemon on %s: join the group of that socket, or ask for your user to be listed", path)
		case i == len(all)-1:
			about = path
			refused = audio.ErrPermission.With("you may not enter the folder of the daemon on %s: join its group", path)
		default: // that of $XDG_RUNTIME_DIR is another user's, and no daemon for us
			about, note = all[i+1], ", in a folder that you may not enter"
		}
	}
	if refused != nil {
		return nil, about, refused
	}
	return nil, about, errNobody(all, note)
}

// errNobody says that there is no daemon in any place; note is about the first.
func errNobody(all []string, note string) error {
	where := all[0] + note
	switch {
	case len(all) > 1:
		where += ", nor on " + all[1]
	case len(all[0]) > maxPath:
		where += ", which is too long for a socket"
	}
	return audio.ErrNoDaemon.With("no daemon on %s: start one with `loopbridge serve`, or name its socket with --socket or $%s", where, SocketVariable)
}

// closed reports whether a path is in a folder that this program may not enter.
func closed(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, syscall.EACCES)
}
