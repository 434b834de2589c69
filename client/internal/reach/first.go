package reach

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
)

// MaxPath is how long the path of a socket can be.
const MaxPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// First connects to the first of some sockets that lets this program in, and says which that
// is. It does not block. A failure is about the socket that it returns: ErrPermission where one
// is there and refuses, the later of two; else ErrNoDaemon, ErrNoMemory, ErrInterrupted.
func First(ctx context.Context, network string, sockets []string) (*net.UnixConn, string, error) {
	return first(ctx, network, sockets, sockets)
}

// Dial connects to the daemon whose programs connect to socket, at path, which is socket or
// lies beside it. It does not block. Errors as for First.
func Dial(ctx context.Context, network, path, socket string) (*net.UnixConn, error) {
	c, _, err := first(ctx, network, []string{path}, []string{socket})
	return c, err
}

// first connects to paths, which are of sockets.
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
		case err == nil:
			return c.(*net.UnixConn), socket, nil
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			return nil, socket, ErrFull()
		case errors.Is(err, syscall.EAGAIN):
			return nil, socket, stuck{audio.ErrNoDaemon.With("the daemon on %s lets nobody in, and many wait: is it stopped? try again", socket)}
		case !errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.EPERM):
		case !Closed(path):
			about = socket
			refused = errForbidden(socket)
		case i == len(paths)-1:
			about = socket
			refused = audio.ErrPermission.With("you may not enter the folder of the daemon on %s: join its group", socket)
		default: // that of $XDG_RUNTIME_DIR is another user's, and no daemon for us
			about, note = sockets[i+1], ", in a folder that you may not enter"
		}
	}
	if refused != nil {
		return nil, about, refused
	}
	return nil, about, errNobody(sockets, note)
}

// errNobody says that there is no daemon on any socket; note is about the first.
func errNobody(sockets []string, note string) error {
	where := sockets[0] + note
	switch {
	case len(sockets) > 1:
		where += ", nor on " + sockets[1]
	case len(sockets[0]) > MaxPath:
		where += ", which is too long for a socket"
	}
	return audio.ErrNoDaemon.With("no daemon on %s: start one with `loopbridge serve`, or name its socket with --socket or $LOOPBRIDGE_SOCKET", where)
}

// Closed reports whether a path is in a folder that this program may not enter.
func Closed(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, syscall.EACCES)
}

// stuck is about a daemon that is there, and lets nobody in.
type stuck struct{ error }

func (s stuck) Unwrap() error { return s.error }

// Missing reports whether a failure of First, Dial, Bound or Watch means that there is no daemon,
// or none any more: one may come.
func Missing(err error) bool {
	_, there := errors.AsType[stuck](err)
	return !there && (errors.Is(err, audio.ErrNoDaemon) || errors.Is(err, audio.ErrReset))
}
