package null

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// event is an eventfd that may be set from any goroutine at any time. The
// descriptor is closed by whoever is the last to use it, so a late set never
// writes to a number that the kernel gave to another file, and nobody waits.
type event struct {
	fd    int
	users atomic.Int64 // goroutines inside set, and eventClosed
	one   [8]byte
}

const eventClosed = 1 << 62

func newEvent() (*event, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &event{fd: fd, one: [8]byte{1}}, nil
}

// set makes the descriptor readable; after close it does nothing.
func (e *event) set() {
	if !e.enter() {
		return
	}
	for { // EAGAIN: the counter is full, so it is set
		if _, err := unix.Write(e.fd, e.one[:]); err != unix.EINTR {
			break
		}
	}
	e.leave()
}

// enter keeps the descriptor open until leave, unless it was closed already.
func (e *event) enter() bool {
	for {
		users := e.users.Load()
		if users&eventClosed != 0 {
			return false
		}
		if e.users.CompareAndSwap(users, users+1) {
			return true
		}
	}
}

func (e *event) leave() {
	if e.users.Add(-1) == eventClosed {
		_ = unix.Close(e.fd)
	}
}

// close is for the goroutine that polls; the second does nothing.
func (e *event) close() {
	if e.users.Or(eventClosed) == 0 {
		_ = unix.Close(e.fd)
	}
}
