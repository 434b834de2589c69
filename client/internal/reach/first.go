package reach

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
)

// MaxPath is the length of the longest path of a socket.
const MaxPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// First connects to the first of some sockets that accepts this program and returns its path. It
// does not block. An error concerns the socket returned with it: ErrPermission if one exists and
// refuses, the last such; else ErrNoDaemon, ErrNoMemory or ErrInterrupted.
func First(ctx context.Context, network string, sockets []string) (*net.UnixConn, string, error) {
	return first(ctx, network, sockets, sockets)
}

// Dial connects to path, which belongs to the daemon whose programs connect to socket. It does not
// block. Errors are those of First.
func Dial(ctx context.Context, network, path, socket string) (*net.UnixConn, error) {
	c, _, err := first(ctx, network, []string{path}, []string{socket})
	return c, err
}

// first connects to one of paths; errors name the socket at the same index.
func first(ctx context.Context, network string, paths, sockets []string) (*net.UnixConn, string, error) {
	about, note := sockets[0], ""
	var refused error
	for i, path := range paths {
		socket := sockets[i]
		c, err := new(net.Dialer).DialContext(ctx, network, path)
		switch {
		case ctx.Err() != nil:
			if err == nil {
				c.Close()
			}
			return nil, socket, audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded): // ctx ends in a moment
			return nil, socket, audio.ErrInterrupted.With("interrupted: %v", context.DeadlineExceeded)
		case err == nil:
			return c.(*net.UnixConn), socket, nil
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			return nil, socket, ErrFull()
		case errors.Is(err, syscall.EAGAIN):
			return nil, socket, stuck{audio.ErrNoDaemon.With(
				"the daemon on %s accepts no connections: is it stopped?", socket)}
		case !errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.EPERM):
		case !Closed(path):
			about = socket
			refused = errForbidden(socket)
		case i == len(paths)-1:
			about = socket
			refused = audio.ErrPermission.With(
				"you may not enter the folder of the daemon on %s: join its group", socket)
		default: // the folder in $XDG_RUNTIME_DIR is another user's, so the daemon is not for us
			about, note = sockets[i+1], ", in a folder that you may not enter"
		}
	}
	if refused != nil {
		return nil, about, refused
	}
	return nil, about, errNoDaemon(sockets, note)
}

// errNoDaemon says that there is no daemon on any socket; note is about the first.
func errNoDaemon(sockets []string, note string) error {
	where := sockets[0] + note
	switch {
	case len(sockets) > 1:
		where += ", nor on " + sockets[1]
	case len(sockets[0]) > MaxPath:
		where += ", which is too long for a socket"
	}
	return audio.ErrNoDaemon.With("no daemon on %s: start one with `loopbridge serve`, "+
		"or name its socket with --socket or $LOOPBRIDGE_SOCKET", where)
}

// Closed reports whether path is in a folder that this program may not enter.
func Closed(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, syscall.EACCES)
}

// stuck is an error of a daemon that exists and accepts no connections.
type stuck struct{ error }

func (s stuck) Unwrap() error { return s.error }

// Missing reports whether an error of First, Dial, Bound or Watch means that there is no daemon now,
// so that waiting for one makes sense.
func Missing(err error) bool {
	_, there := errors.AsType[stuck](err)
	return !there && (errors.Is(err, audio.ErrNoDaemon) || errors.Is(err, audio.ErrReset))
}
