package null

import (
	"github.com/loopbridge/loopbridge/backend"
)

// simClock is time that passes only in Sleep, and at once: up to until, and then as much as late
// says. Only Wake ends a Sleep until Never.
type simClock struct {
	now    int64
	late   func() int64
	wake   chan struct{}
	sleeps int
}

func newSimClock() *simClock {
	return &simClock{now: 123_456_789, wake: make(chan struct{}, 1)}
}

func (c *simClock) Now() int64 { return c.now }

func (c *simClock) Sleep(until int64) (bool, error) {
	c.sleeps++
	if until == Never {
		<-c.wake
		return true, nil
	}
	select {
	case <-c.wake:
		return true, nil
	default:
	}
	if c.late != nil {
		until += c.late()
	}
	c.now = max(c.now, until)
	return false, nil
}

func (c *simClock) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *simClock) Close() error { return nil }

// simulated opens a started stream on a clock of its own.
func simulated(t interface {
	Helper()
	Fatal(...any)
}, wish backend.Config, freewheel bool) (backend.Stream, *simClock) {
	t.Helper()
	c := newSimClock()
	s, err := Open(wish, Options{Clock: c, Freewheel: freewheel})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return s, c
}
