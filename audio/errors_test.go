package audio

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
)

// The table of errors in docs/decisions.md.
func TestErrno(t *testing.T) {
	for _, c := range []struct {
		err   *Error
		errno syscall.Errno
	}{
		{ErrNoServer, syscall.EAGAIN}, {ErrWouldBlock, syscall.EAGAIN}, {ErrBusy, syscall.EBUSY},
		{ErrAccess, syscall.EACCES}, {ErrReset, syscall.ECONNRESET}, {ErrInterrupted, syscall.EINTR},
		{ErrTimedOut, syscall.ETIMEDOUT}, {ErrGone, syscall.ENXIO}, {ErrNoDevice, syscall.ENODEV},
		{ErrInvalid, syscall.EINVAL}, {ErrClosed, syscall.EBADF}, {ErrUnsupported, syscall.ENOTSUP},
		{ErrPermission, syscall.EPERM}, {ErrProtocol, syscall.EPROTO}, {ErrNoMemory, syscall.ENOMEM},
		{ErrXrun, syscall.EPIPE}, {ErrIO, syscall.EIO}, {ErrNoDaemon, syscall.ECONNREFUSED},
	} {
		wrapped := fmt.Errorf("opening: %w", c.err.With("loop %q", "phone"))
		if c.err.Errno() != c.errno || !errors.Is(c.err, c.errno) || !errors.Is(wrapped, c.errno) || !errors.Is(wrapped, c.err) {
			t.Errorf("%v is errno %v, want %v", c.err, c.err.Errno(), c.errno)
		}
		if errors.Is(wrapped, syscall.ENOTTY) || errors.Is(c.err, io.EOF) {
			t.Errorf("%v matches other errors", c.err)
		}
		want := c.err
		if want == ErrWouldBlock {
			want = ErrNoServer
		}
		if got := FromErrno(c.errno); got != want {
			t.Errorf("errno %d is %v, want %v", c.errno, got, want)
		}
		if c.err.Error() == "" {
			t.Errorf("errno %d has no text", c.errno)
		}
	}
	if errors.Is(ErrNoServer, ErrWouldBlock) {
		t.Error("the two meanings of EAGAIN are one")
	}
	if got := FromErrno(syscall.ENOTTY); got != ErrIO {
		t.Errorf("an errno out of the table is %v, want %v", got, ErrIO)
	}
	if got := FromErrno(0); got != nil {
		t.Errorf("errno 0 is %v", got)
	}
}

func TestErrorWith(t *testing.T) {
	err := ErrIO.With("writing %s failed: %v", "a.wav", syscall.ENOSPC)
	if err.Error() != "writing a.wav failed: no space left on device" {
		t.Errorf("prints %q", err)
	}
	if !errors.Is(err, ErrIO) || !errors.Is(err, syscall.EIO) || !errors.Is(err, syscall.ENOSPC) || errors.Is(err, ErrInvalid) {
		t.Errorf("%v does not unwrap to its sentinel and its cause", err)
	}
	var e *Error
	if !errors.As(err, &e) || e != ErrIO {
		t.Errorf("the errno is %v, want EIO", e)
	}
}
