package standby

import (
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// performer is a stream and the source that it is of. One goroutine has it at a time.
type performer struct {
	source int
	backend.Stream
	runs  bool         // it was started
	at    uint64       // position of the whole at which it was
	calls atomic.Int32 // that have not returned
}

// attempt makes a call of a performer, or one that is to become one. What takes longer than limit
// is given up: the source is left alone until it returns, and late follows it then.
func (s *stream) attempt(p *performer, doing string, limit time.Duration, call func() error, late func()) error {
	result := make(chan error, 1)
	count := func(n int32) {
		p.calls.Add(n)
		s.calls[p.source].Add(n)
	}
	count(1)
	done := backend.Attempt(limit, func() { result <- call() }, func() {
		late()
		count(-1)
		s.rouse()
	})
	if !done {
		return audio.ErrIO.With("%s does not answer: %s was given up after %v; it is tried again when it has answered", s.o.Sources[p.source].Name, doing, limit)
	}
	count(-1)
	return <-result
}

// rouse has the supervisor look again. From any goroutine; does not block.
func (s *stream) rouse() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// tryOpen opens a source. What comes too late is closed.
func (s *stream) tryOpen(n int, wish backend.Config, limit time.Duration) (*performer, error) {
	p := &performer{source: n}
	err := s.attempt(p, "opening it", limit, func() (err error) {
		p.Stream, err = s.o.Sources[n].Open(wish)
		return err
	}, func() {
		if p.Stream != nil {
			_ = p.Close() // nobody waits for it
		}
	})
	if err != nil {
		return nil, err
	}
	s.follow(p)
	return p, nil
}

// open opens a source for exactly what is granted.
func (s *stream) open(n int) (*performer, error) {
	p, err := s.tryOpen(n, s.granted, beside)
	if err != nil {
		return nil, err
	}
	if got := p.Granted(); got != s.granted {
		_ = s.discard(p) // it was of no use
		return nil, audio.ErrInvalid.With("%s is there, but cannot take over: it has %s with %d periods of %d frames, and the device runs with %s, %d of %d; restart loopbridge, or set rate and period of the device to what all its cards have", s.o.Sources[n].Name,
			got.Format, got.Periods, got.Period, s.granted.Format, s.granted.Periods, s.granted.Period)
	}
	return p, nil
}

// start starts a performer, and stop stops it. One that hangs must not be used any more: it is
// closed when it returns.
func (s *stream) start(p *performer, limit time.Duration) error {
	p.at = s.reached.Load()
	err := s.attempt(p, "starting it", limit, p.Start, func() { _ = p.Close() })
	p.runs = err == nil
	return err
}

func (s *stream) stop(p *performer, limit time.Duration) error {
	p.runs = false
	return s.attempt(p, "stopping it", limit, p.Stop, func() { _ = p.Close() })
}

// discard closes a performer, unless a call of it hangs.
func (s *stream) discard(p *performer) error {
	if p.calls.Load() > 0 {
		return nil // whoever hangs closes it
	}
	return s.attempt(p, "closing it", beside, p.Close, func() {})
}
