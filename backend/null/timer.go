package null

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// timer is CLOCK_MONOTONIC: a timerfd under the poller of Go's runtime, which is told of each
// expiry once, so that the timerfd need not be read. A thread of its own, blocked in a system call,
// would cost half as much again, because the runtime monitors such threads.
type timer struct {
	file  *os.File // keeps the descriptor open while Wake uses it
	raw   syscall.RawConn
	fd    int
	armed int64 // the deadline, 0 when disarmed
	spec  unix.ItimerSpec
	woken atomic.Bool

	sleep.Monotonic

	// The runtime forgets earlier expiries, then asks expired: if it is false, the runtime waits for an expiry and
	// asks again. Made once, so that Sleep allocates nothing.
	expired func(fd uintptr) bool
	asked   bool
}

func newTimer() (*timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, openError("timerfd", err)
	}
	t := &timer{Monotonic: sleep.NewMonotonic(), file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}
	if t.raw, err = t.file.SyscallConn(); err != nil {
		_ = t.file.Close()
		return nil, openError("timerfd", err)
	}
	t.expired = func(uintptr) bool {
		was := t.asked
		t.asked = true
		return was || t.woken.Load() || t.due()
	}
	return t, nil
}

func openError(what string, err error) error {
	return audio.ErrIO.With("null device: no %s: %v; is the limit of open files reached?", what, err)
}

func (t *timer) Sleep(until int64) (woken bool, err error) {
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
			return false, audio.ErrIO.With("null device: timerfd: %v", err)
		}
	}
}

// due reports whether the deadline has passed.
func (t *timer) due() bool { return t.armed > 0 && t.Now() >= t.armed }

// arm sets the deadline; 0 disarms.
func (t *timer) arm(deadline int64) error {
	if deadline == t.armed {
		return nil
	}
	t.spec.Value = unix.NsecToTimespec(deadline)
	if err := unix.TimerfdSettime(t.fd, unix.TFD_TIMER_ABSTIME, &t.spec, nil); err != nil {
		return audio.ErrIO.With("null device: timerfd until %v: %v", time.Duration(deadline), err)
	}
	t.armed = deadline
	return nil
}

// Wake ends the runtime's wait with a read deadline in the past, which stays in force until Sleep
// meets it; the timer is not touched. If an earlier Wake is still unseen there is nothing to do.
func (t *timer) Wake() {
	if !t.woken.Swap(true) {
		_ = t.file.SetReadDeadline(longAgo()) // fails once it is closed
	}
}

func longAgo() time.Time { return time.Unix(1, 0) }

func (t *timer) Close() error {
	if err := t.file.Close(); err != nil {
		return audio.ErrIO.With("null device: close: %v", err)
	}
	return nil
}
