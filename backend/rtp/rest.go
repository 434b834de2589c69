package rtp

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// relaxed is the period from which on a stream needs no thread of its own: an engine that the runtime of Go wakes is at times some
// 100 µs later, and takes a third of the processor time.
const relaxed = 2 * time.Millisecond

// rest is a sleep on CLOCK_MONOTONIC, as Net has it.
type rest interface {
	Now() int64
	Sleep(until int64) (woken bool, err error)
	Wake()
	Close() error
}

// restFor returns the sleep for a stream's period, on a thread of its own or not.
func restFor(granted backend.Config, own bool) (r rest, parks bool, err error) {
	if !own && granted.Format.Duration(int64(granted.Period)) >= relaxed {
		r, err = sleep.NewTimer()
		parks = true
	} else {
		r, err = newThread()
	}
	if err != nil {
		return nil, false, audio.ErrIO.With("%v; is the limit of open files reached?", err)
	}
	return r, parks, nil
}

// thread sleeps with its whole thread, which may have a real-time priority.
type thread struct {
	sleep.Monotonic
	bell  *os.File // an eventfd
	polls []unix.PollFd
	limit *unix.Timespec
}

func newThread() (*thread, error) {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &thread{
		Monotonic: sleep.NewMonotonic(), limit: new(unix.Timespec), bell: os.NewFile(uintptr(bell), "eventfd"),
		polls: []unix.PollFd{{Fd: int32(bell), Events: unix.POLLIN}},
	}, nil
}

func (n *thread) Sleep(until int64) (woken bool, err error) {
	for {
		var limit *unix.Timespec
		if until != Never {
			*n.limit, limit = unix.NsecToTimespec(max(0, until-n.Now())), n.limit
		}
		n.polls[0].Revents = 0
		if err := sleep.Poll(n.polls, limit); err != nil && !errors.Is(err, syscall.EINTR) {
			return false, err
		}
		if n.polls[0].Revents != 0 {
			var count [8]byte
			if got, _ := unix.Read(int(n.polls[0].Fd), count[:]); got == len(count) {
				return true, nil
			}
		}
		if until != Never && n.Now() >= until {
			return false, nil
		}
	}
}

// Wake fills the bell. A full one wakes just as well.
func (n *thread) Wake() { _, _ = n.bell.Write([]byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (n *thread) Close() error { return n.bell.Close() }
