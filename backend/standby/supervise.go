package standby

import (
	"errors"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// supervise looks for something better than what performs, and closes what has failed.
func (s *stream) supervise() {
	r := retry{look: s.o.Look, pause: s.o.Look}
	began := time.Now() // of the last one that took over
	refused := make([]string, len(s.o.Sources))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Stop()
		if s.now.Load().source > 0 && r.pause > 0 { // with the best there is nothing to look for
			timer.Reset(r.pause)
		}
		select {
		case <-s.quit:
			return
		case dead := <-s.retired:
			_ = s.discard(dead) // what it says is known
			continue
		case _, open := <-s.o.Plugged:
			if !open {
				s.o.Plugged = nil
			}
			r.again()
		case <-s.kick:
			if time.Since(began) >= steady {
				r.again()
			}
			if !r.failed() {
				continue // what has failed is closed before the next try
			}
		case <-timer.C:
		}
		s.closeRetired() // a card has to be given back before it can be opened again
		if s.improve(refused, &r) {
			began = time.Now()
		}
	}
}

func (s *stream) closeRetired() {
	for {
		select {
		case dead := <-s.retired:
			_ = s.discard(dead)
		default:
			return
		}
	}
}

// improve makes the best source that is better than the present one ready for the engine, and
// reports whether there is one. What is there and cannot be used is told once.
func (s *stream) improve(refused []string, r *retry) bool {
	if s.next.Load() != nil {
		return false // the engine has not yet taken the last one
	}
	absent := true
	for n := range s.now.Load().source {
		if s.calls[n].Load() > 0 {
			continue // it rouses us when it has returned
		}
		p, err := s.ready(n)
		if err != nil {
			there := !errors.Is(err, audio.ErrNoDevice)
			if there && !errors.Is(err, audio.ErrBusy) && !errors.Is(err, audio.ErrInvalid) {
				absent = false
			}
			if text := err.Error(); text != refused[n] && there {
				refused[n] = text
				s.report(err)
			}
			continue
		}
		refused[n] = ""
		s.next.Store(p)
		s.Wake()
		return true
	}
	if absent {
		r.absent()
	} else {
		r.broken()
	}
	return false
}

// ready opens a source, and starts it if the whole runs. One that does not start is closed,
// opened and started again at once, a few times.
func (s *stream) ready(n int) (*performer, error) {
	var first error
	for range atOnce {
		p, err := s.open(n)
		if err != nil {
			return nil, errors.Join(first, err)
		}
		if !s.running.Load() {
			return p, nil
		}
		if err = s.start(p, beside); err == nil {
			if first != nil {
				s.report(audio.ErrIO.With("%s did not start at first, and does now that it was opened again: %v", s.o.Sources[n].Name, first))
			}
			return p, nil
		}
		_ = s.discard(p) // it does not start
		if s.calls[n].Load() > 0 {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, audio.ErrIO.With("%s opens, but does not start: %v; it is tried again from time to time", s.o.Sources[n].Name, first)
}
