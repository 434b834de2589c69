package null

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// timer is CLOCK_MONOTONIC: a timerfd, armed once for each deadline, and an
// eventfd for Wake, under one ppoll. The arguments of the system calls are fields,
// so that none of them is allocated.
type timer struct {
	alarm int   // timerfd
	armed int64 // its deadline, 0 when disarmed
	wake  *event

	fds   [2]unix.PollFd // wake, alarm
	spec  unix.ItimerSpec
	clock unix.Timespec
}

func newTimer() (*timer, error) {
	alarm, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, openError("timerfd", err)
	}
	wake, err := newEvent()
	if err != nil {
		_ = unix.Close(alarm)
		return nil, openError("eventfd", err)
	}
	t := &timer{alarm: alarm, wake: wake}
	t.fds[0] = unix.PollFd{Fd: int32(wake.fd), Events: unix.POLLIN}
	t.fds[1] = unix.PollFd{Fd: int32(alarm), Events: unix.POLLIN}
	return t, nil
}

func openError(what string, err error) error {
	return audio.ErrIO.With("null device: no %s: %v; is the limit of open files reached?", what, err)
}

func (t *timer) Now() int64 {
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t.clock) // fails on no Linux
	return t.clock.Nano()
}

func (t *timer) Sleep(until int64) (woken bool, err error) {
	n := 2
	if until == Never {
		n, until = 1, 0
	}
	if err := t.arm(until); err != nil {
		return false, err
	}
	for {
		_, err := unix.Ppoll(t.fds[:n], nil, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return false, audio.ErrIO.With("null device: ppoll: %v", err)
		case t.fds[0].Revents != 0:
			t.wake.clear()
			return true, nil
		default:
			return false, nil
		}
	}
}

// arm sets the deadline; 0 disarms. Setting it also clears an expiry that was not
// read.
func (t *timer) arm(deadline int64) error {
	if deadline == t.armed {
		return nil
	}
	t.spec.Value = unix.NsecToTimespec(deadline)
	if err := unix.TimerfdSettime(t.alarm, unix.TFD_TIMER_ABSTIME, &t.spec, nil); err != nil {
		return audio.ErrIO.With("null device: timerfd until %v: %v", time.Duration(deadline), err)
	}
	t.armed = deadline
	return nil
}

func (t *timer) Wake() { t.wake.set() }

func (t *timer) Close() error {
	t.wake.close()
	if err := unix.Close(t.alarm); err != nil {
		return audio.ErrIO.With("null device: close: %v", err)
	}
	return nil
}
