package audio

import (
	"fmt"
	"syscall"
)

// Error is one line of the errno table: a failure with exactly one errno, so that
// it can cross the wire and reach a C program unchanged. Compare with errors.Is,
// against a sentinel below or against the errno itself.
type Error struct {
	errno syscall.Errno
	text  string
}

// The errors of loops, devices and their programs. EAGAIN alone stands for two:
// an open returns only ErrNoServer, a read or write only ErrWouldBlock.
var (
	ErrNoServer    = &Error{syscall.EAGAIN, "no server holds the loop"}                  // D1
	ErrWouldBlock  = &Error{syscall.EAGAIN, "nothing to transfer now"}                   // non-blocking I/O
	ErrBusy        = &Error{syscall.EBUSY, "already in use"}                             // D2, D4, D11
	ErrAccess      = &Error{syscall.EACCES, "wrong direction"}                           // D2, D3
	ErrReset       = &Error{syscall.ECONNRESET, "the other end closed: end of stream"}   // D13
	ErrInterrupted = &Error{syscall.EINTR, "interrupted"}                                // D7
	ErrTimedOut    = &Error{syscall.ETIMEDOUT, "timed out"}                              // D7 start_timeout
	ErrGone        = &Error{syscall.ENXIO, "the server closed the loop"}                 // D17
	ErrNoDevice    = &Error{syscall.ENODEV, "no such loop or device"}                    //
	ErrInvalid     = &Error{syscall.EINVAL, "invalid value"}                             // out of range
	ErrClosed      = &Error{syscall.EBADF, "already closed"}                             //
	ErrUnsupported = &Error{syscall.ENOTSUP, "not opened for this direction"}            // read on a write end
	ErrPermission  = &Error{syscall.EPERM, "not permitted"}                              // peer credentials
	ErrProtocol    = &Error{syscall.EPROTO, "the other side breaks the protocol"}        // wire
	ErrNoMemory    = &Error{syscall.ENOMEM, "not enough memory"}                         //
	ErrXrun        = &Error{syscall.EPIPE, "the device ran dry or over"}                 // device xrun
	ErrIO          = &Error{syscall.EIO, "input/output error"}                           //
	ErrNoDaemon    = &Error{syscall.ECONNREFUSED, "no loopbridge daemon on this socket"} // client
)

// sentinels lists every Error for FromErrno; ErrWouldBlock follows ErrNoServer.
func sentinels() [18]*Error {
	return [...]*Error{
		ErrNoServer, ErrWouldBlock, ErrBusy, ErrAccess, ErrReset, ErrInterrupted, ErrTimedOut, ErrGone, ErrNoDevice,
		ErrInvalid, ErrClosed, ErrUnsupported, ErrPermission, ErrProtocol, ErrNoMemory, ErrXrun, ErrIO, ErrNoDaemon,
	}
}

// FromErrno is the sentinel for an errno: ErrNoServer for EAGAIN, ErrIO for one
// that is not in the table, nil for 0.
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

// Errno is the error's code on Linux.
func (e *Error) Errno() syscall.Errno { return e.errno }

// Error is the bare sentence of the table.
func (e *Error) Error() string { return e.text }

// Is matches the errno, so errors.Is(err, syscall.EBUSY) works.
func (e *Error) Is(target error) bool {
	errno, ok := target.(syscall.Errno)
	return ok && errno == e.errno
}

// With gives the error a sentence for a person: what is wrong, with what, and what
// to do. The result unwraps to e. An error among args can be matched too.
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
