package sleep

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Never is a time that no clock reaches.
const Never = math.MaxInt64

// Timer is CLOCK_MONOTONIC, and a sleep that parks its goroutine. It is a timerfd under the poller of Go's runtime, which is told of each
// expiry once, so that the timerfd need not be read. A thread of its own, blocked in a system call,
// would cost half as much again, because the runtime monitors such threads.
type Timer struct {
	file  *os.File // keeps the descriptor open while Wake uses it
	raw   syscall.RawConn
	fd    int
	armed int64 // the deadline, 0 when disarmed
	spec  unix.ItimerSpec
	woken atomic.Bool

	Monotonic

	// The runtime forgets earlier expiries, then asks expired: if it is false, the runtime waits for an expiry and
	// asks again. Made once, so that Sleep allocates nothing.
	expired func(fd uintptr) bool
	asked   bool
}

// NewTimer returns one that is not armed. It holds a descriptor, until Close.
func NewTimer() (*Timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("no timerfd: %w", err)
	}
	t := &Timer{Monotonic: NewMonotonic(), file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}
	if t.raw, err = t.file.SyscallConn(); err != nil {
		_ = t.file.Close()
		return nil, fmt.Errorf("no timerfd: %w", err)
	}
	t.expired = func(uintptr) bool {
		was := t.asked
		t.asked = true
		return was || t.woken.Load() || t.due()
	}
	return t, nil
}

// Sleep blocks until Now has reached until, or Wake was called since the previous Sleep: then woken is true. One goroutine calls it;
// it does not allocate.
func (t *Timer) Sleep(until int64) (woken bool, err error) {
	if until == Never {
		until = 0
	}
	if err := t.arm(until); err != nil {
		return false, err
	}
	for {
		if t.woken.Swap(false) {
			return true, nil
		}
		if t.due() {
			t.armed = 0 // it has expired
			return false, nil
		}
		t.asked = false
		switch err := t.raw.Read(t.expired); {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded): // woken, now or before
			_ = t.file.SetReadDeadline(time.Time{})
		default:
			return false, fmt.Errorf("timerfd: %w", err)
		}
	}
}

// due reports whether the deadline has passed.
func (t *Timer) due() bool { return t.armed > 0 && t.Now() >= t.armed }

// arm sets the deadline; 0 disarms.
func (t *Timer) arm(deadline int64) error {
	if deadline == t.armed {
		return nil
	}
	t.spec.Value = unix.NsecToTimespec(deadline)
	if err := unix.TimerfdSettime(t.fd, unix.TFD_TIMER_ABSTIME, &t.spec, nil); err != nil {
		return fmt.Errorf("timerfd until %v: %w", time.Duration(deadline), err)
	}
	t.armed = deadline
	return nil
}

// Wake ends the Sleep in progress, or else the next one. Any goroutine may call it, even after Close; it does not block. It ends the
// wait of the runtime with a read deadline in the past, which stays in force until Sleep
// meets it; the timer is not touched. If an earlier Wake is still unseen there is nothing to do.
func (t *Timer) Wake() {
	if !t.woken.Swap(true) {
		_ = t.file.SetReadDeadline(longAgo()) // fails once it is closed
	}
}

func longAgo() time.Time { return time.Unix(1, 0) }

// Close is the last call but for Wake.
func (t *Timer) Close() error {
	return t.file.Close()
}
