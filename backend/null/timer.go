package null

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// timer is CLOCK_MONOTONIC: a timerfd, armed once for each deadline, and an
// eventfd for Wake, under one epoll instance. Both are edge-triggered: whatever they
// have to say is said once, and nobody reads them. The arguments of the system calls
// are fields, so that none of them is allocated.
type timer struct {
	epoll int
	alarm int   // timerfd
	armed int64 // its deadline, 0 when disarmed
	wake  *event

	base time.Time // a moment,
	ns   int64     // and what CLOCK_MONOTONIC said then

	events [2]unix.EpollEvent
	spec   unix.ItimerSpec
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
	t := &timer{epoll: -1, alarm: alarm, wake: wake}
	if t.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err == nil {
		err = t.listen(wake.fd)
	}
	if err == nil {
		err = t.listen(alarm)
	}
	if err != nil {
		_ = t.Close()
		return nil, openError("epoll", err)
	}
	t.calibrate()
	return t, nil
}

func (t *timer) listen(fd int) error {
	return unix.EpollCtl(t.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)})
}

// calibrate finds out what package time calls the moments of CLOCK_MONOTONIC: it reads
// the clock without a system call. The moment is taken first, so that Now is not
// behind the clock of the timerfd.
func (t *timer) calibrate() {
	for best, try := time.Hour, 0; try < 10; try++ {
		var now unix.Timespec
		base := time.Now()
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // fails on no Linux
		if gap := time.Since(base); gap < best {
			best, t.base, t.ns = gap, base, now.Nano()
		}
	}
}

func openError(what string, err error) error {
	return audio.ErrIO.With("null device: no %s: %v; is the limit of open files reached?", what, err)
}

func (t *timer) Now() int64 { return t.ns + int64(time.Since(t.base)) }

func (t *timer) Sleep(until int64) (woken bool, err error) {
	if until == Never {
		until = 0
	}
	if err := t.arm(until); err != nil {
		return false, err
	}
	for {
		n, err := unix.EpollWait(t.epoll, t.events[:], -1)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, audio.ErrIO.With("null device: epoll: %v", err)
		}
		due := false
		for _, e := range t.events[:n] {
			woken = woken || int(e.Fd) == t.wake.fd
			due = due || int(e.Fd) == t.alarm
		}
		if due {
			t.armed = 0 // it has gone off, and does not do so again
		}
		if woken || due && until != 0 {
			return woken, nil
		}
	}
}

// arm sets the deadline; 0 disarms.
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
	if t.epoll >= 0 {
		_ = unix.Close(t.epoll)
	}
	if err := unix.Close(t.alarm); err != nil {
		return audio.ErrIO.With("null device: close: %v", err)
	}
	return nil
}
