package cuse

import (
	"context"
	"errors"
	"syscall"
)

// Caller is the process that calls, as the daemon's namespaces see it: PID is 0 for one that has none there, ids
// without a mapping are the overflow id.
type Caller struct{ UID, GID, PID uint32 }

// Device is what is behind a node. Any goroutine may call it. An error is answered with its errno: a syscall.Errno, or what
// has a method Errno() syscall.Errno; EIO for others.
type Device interface {
	// Open returns an open file. flags are those of open(2), without O_CREAT, O_EXCL and O_NOCTTY. It may block until ctx
	// ends.
	Open(ctx context.Context, by Caller, flags int) (File, error)
}

// File is an open file of a node; several processes may share it. Any goroutine may call it, and several at a time.
type File interface {
	// Transfer moves the bytes of a read or write. It must not block. It returns true when that is all: N and Err say what
	// was done. Or it keeps t and returns false; whoever moves the rest calls t.Done, once.
	Transfer(t *Transfer) bool
	// Interrupt ends the wait of a transfer that the File has kept: Done is called, and what was moved stays moved; if
	// nothing was, Err is EINTR. It does nothing for any other. It must not block.
	Interrupt(t *Transfer)
	// Sizes returns how many bytes a call reads and writes at its address. An error is the answer to the call.
	Sizes(cmd uint32, compat bool) (in, out int, err error)
	// Ioctl answers a call; in and out have the sizes that Sizes said. It may block until ctx ends.
	Ioctl(ctx context.Context, cmd uint32, compat bool, in, out []byte) (result int32, err error)
	// Poll returns which of poll(2)'s events are there. wake, unless nil, is called once, from any goroutine: when one may be
	// there that was not, or has gone and may be there again, as epoll(7) wants it for edges. It must not block.
	Poll(events uint32, wake func()) uint32
	// Release closes the file, and may block until ctx ends: close(2) waits for that long. EINTR: not all is done; Release is
	// called again to wait for the rest, or Forget.
	Release(ctx context.Context) error
	// Forget ends what Release has left, without a wait.
	Forget()
}

// errnoOf returns the code of an error, 0 for nil.
func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	var coded interface{ Errno() syscall.Errno }
	if errors.As(err, &coded) {
		return coded.Errno()
	}
	return syscall.EIO
}
