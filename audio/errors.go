package audio

import (
	"fmt"
	"syscall"
)

// Error is one entry of the errno table: a failure with exactly one errno, so that it can cross
// the wire and reach a C program unchanged. Compare with errors.Is, against a sentinel below or
// against the errno itself.
type Error struct {
	errno syscall.Errno
	text  string
}

// The errors of loops, devices and their programs. Two share EAGAIN: an open returns only
// ErrNoServer, a read or write only ErrWouldBlock.
var (
	ErrNoServer    = &Error{syscall.EAGAIN, "no server holds the loop"}
	ErrWouldBlock  = &Error{syscall.EAGAIN, "nothing to transfer now"} // non-blocking I/O
	ErrBusy        = &Error{syscall.EBUSY, "already in use"}
	ErrAccess      = &Error{syscall.EACCES, "wrong direction"}
	ErrReset       = &Error{syscall.ECONNRESET, "the other end closed: end of stream"}
	ErrInterrupted = &Error{syscall.EINTR, "interrupted"}
	ErrTimedOut    = &Error{syscall.ETIMEDOUT, "timed out"} // start_timeout, or a silent daemon
	ErrGone        = &Error{syscall.ENXIO, "the server closed the loop"}
	ErrNoDevice    = &Error{syscall.ENODEV, "no such loop or device"}
	ErrInvalid     = &Error{syscall.EINVAL, "invalid value"}
	ErrClosed      = &Error{syscall.EBADF, "already closed"}
	ErrUnsupported = &Error{syscall.ENOTSUP, "not opened for this direction"} // read on a write end
	ErrPermission  = &Error{syscall.EPERM, "not permitted"}                   // peer credentials
	ErrProtocol    = &Error{syscall.EPROTO, "the other side breaks the protocol"}
	ErrNoMemory    = &Error{syscall.ENOMEM, "not enough memory"}
	ErrXrun        = &Error{syscall.EPIPE, "the device underran or overran"}
	ErrIO          = &Error{syscall.EIO, "input/output error"}
	ErrNoDaemon    = &Error{syscall.ECONNREFUSED, "no loopbridge daemon on this socket"}
)

// sentinels returns every Error for FromErrno; ErrWouldBlock follows ErrNoServer.
func sentinels() [18]*Error {
	return [...]*Error{
		ErrNoServer, ErrWouldBlock, ErrBusy, ErrAccess, ErrReset, ErrInterrupted, ErrTimedOut, ErrGone, ErrNoDevice,
		ErrInvalid, ErrClosed, ErrUnsupported, ErrPermission, ErrProtocol, ErrNoMemory, ErrXrun, ErrIO, ErrNoDaemon,
	}
}

// FromErrno returns the sentinel for an errno: ErrNoServer for EAGAIN, ErrIO for one that is not
// in the table, nil for 0.
func FromErrno(errno syscall.Errno) *Error {
	if errno == 0 {
		return nil
	}
	for _, e := range sentinels() {
		if e.errno == errno {
			return e
		}
	}
	return ErrIO
}

// Errno returns the Linux error code.
func (e *Error) Errno() syscall.Errno { return e.errno }

// Error returns the general sentence of the table.
func (e *Error) Error() string { return e.text }

// Is matches the errno, so that errors.Is(err, syscall.EBUSY) works.
func (e *Error) Is(target error) bool {
	errno, ok := target.(syscall.Errno)
	return ok && errno == e.errno
}

// With returns an error that unwraps to e and has its own sentence: what is wrong, with what, and
// what to do. An error among args can be matched too.
func (e *Error) With(format string, args ...any) error {
	d := &detailed{sentinel: e, text: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			d.cause = err
		}
	}
	return d
}

type detailed struct {
	sentinel *Error
	text     string
	cause    error
}

func (d *detailed) Error() string { return d.text }

func (d *detailed) Unwrap() []error {
	if d.cause == nil {
		return []error{d.sentinel}
	}
	return []error{d.sentinel, d.cause}
}
