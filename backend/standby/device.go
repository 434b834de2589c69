package standby

import (
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// device is an open stream of a source. It belongs to one goroutine at a time.
type device struct {
	source int
	backend.Stream
	started   bool         // it was started
	startedAt uint64       // position of the standby stream at its start
	calls     atomic.Int32 // that have not returned
}

// attempt makes a call of a device, or one that opens it. If it takes longer than limit it is given
// up: the source is left alone until the call returns, and then late runs.
func (s *stream) attempt(p *device, doing string, limit time.Duration, call func() error, late func()) error {
	result := make(chan error, 1)
	count := func(n int32) {
		p.calls.Add(n)
		s.calls[p.source].Add(n)
	}
	count(1)
	done := backend.Attempt(limit, func() { result <- call() }, func() {
		late()
		count(-1)
		s.wakeSupervisor()
	})
	if !done {
		return audio.ErrIO.With("%s does not answer: %s was given up after %v; it is tried again after it answers",
			s.o.Sources[p.source].Name, doing, limit)
	}
	count(-1)
	return <-result
}

// wakeSupervisor makes the supervisor look again. Any goroutine may call it; it does not block.
func (s *stream) wakeSupervisor() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// tryOpen opens a source.
func (s *stream) tryOpen(n int, wish backend.Config, limit time.Duration) (*device, error) {
	return s.obtain(n, "opening it", limit, func() (backend.Stream, error) { return s.o.Sources[n].Open(wish) })
}

// obtain returns the device of a source that open gives, and closes what comes too late.
func (s *stream) obtain(n int, doing string, limit time.Duration, open func() (backend.Stream, error)) (*device, error) {
	p := &device{source: n}
	err := s.attempt(p, doing, limit, func() (err error) {
		p.Stream, err = open()
		return err
	}, func() {
		if p.Stream != nil {
			_ = p.Close() // too late
		}
	})
	if err != nil {
		return nil, err
	}
	s.forwardChanges(p)
	return p, nil
}

// open opens a source with exactly the granted configuration.
func (s *stream) open(n int) (*device, error) {
	p, err := s.tryOpen(n, s.granted, supervisorLimit)
	if err != nil {
		return nil, err
	}
	if got := p.Granted(); got != s.granted {
		_ = s.discard(p) // cannot be used
		return nil, audio.ErrInvalid.With("%s is there, but cannot take over: it has %s with %d periods of %d frames, "+
			"and the device runs with %s, %d of %d; restart loopbridge, or set rate and period of the device "+
			"to what all its cards have", s.o.Sources[n].Name,
			got.Format, got.Periods, got.Period, s.granted.Format, s.granted.Periods, s.granted.Period)
	}
	return p, nil
}

// start starts a device, and stop stops it. A device that hangs must not be used again; it is
// closed when the call returns.
func (s *stream) start(p *device, limit time.Duration) error {
	p.startedAt = s.reached.Load()
	err := s.attempt(p, "starting it", limit, p.Start, func() { _ = p.Close() })
	p.started = err == nil
	return err
}

func (s *stream) stop(p *device, limit time.Duration) error {
	p.started = false
	return s.attempt(p, "stopping it", limit, p.Stop, func() { _ = p.Close() })
}

// discard closes a device, unless a call of it hangs.
func (s *stream) discard(p *device) error {
	if p.calls.Load() > 0 {
		return nil // the call that hangs will close it
	}
	return s.attempt(p, "closing it", supervisorLimit, p.Close, func() {})
}
