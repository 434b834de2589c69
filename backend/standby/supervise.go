package standby

import (
	"errors"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// soon is how long a device that was opened has to work to be worth another try at once.
const soon = 10 * time.Second

// supervise looks for something better than what performs, and closes what has failed.
func (s *stream) supervise() {
	look := s.o.Look
	opened := time.Now()
	refused := make([]string, len(s.o.Sources)) // what was reported
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Stop()
		if look > 0 && s.now.Load().source > 0 { // with the best there is nothing to look for
			timer.Reset(look)
		}
		select {
		case <-s.quit:
			return
		case dead := <-s.retired:
			_ = dead.Close() // what it says is known
			continue
		case _, open := <-s.o.Plugged:
			if !open {
				s.o.Plugged = nil
			}
			look = s.o.Look
		case <-s.kick:
			if time.Since(opened) < soon && s.o.Look > 0 { // it opens, but does not work: not again at once
				s.closeRetired()
				look = min(max(2*look, s.o.Look), longestLook)
				continue
			}
			look = s.o.Look
		case <-timer.C:
			look = min(2*look, longestLook)
		}
		s.closeRetired() // a card has to be given back before it can be opened again
		if s.improve(refused) {
			opened = time.Now()
		}
	}
}

func (s *stream) closeRetired() {
	for {
		select {
		case dead := <-s.retired:
			_ = dead.Close()
		default:
			return
		}
	}
}

// improve opens the best source that is better than the present one, for the engine. That
// one is there and cannot be used is reported once.
func (s *stream) improve(refused []string) bool {
	if s.next.Load() != nil {
		return false // the engine has not yet taken the last one
	}
	for n := range s.now.Load().source {
		inner, err := s.open(n)
		if err != nil {
			if text := err.Error(); text != refused[n] && !errors.Is(err, audio.ErrNoDevice) {
				refused[n] = text
				s.report(err)
			}
			continue
		}
		refused[n] = ""
		s.next.Store(&performer{n, inner})
		s.Wake()
		return true
	}
	return false
}

// report is for the supervisor, which ends before reports is closed.
func (s *stream) report(err error) {
	select {
	case s.reports <- err:
	default: // nobody reads
	}
}

// open opens a source for exactly what is granted.
func (s *stream) open(n int) (backend.Stream, error) {
	inner, err := s.o.Sources[n].Open(s.granted)
	if err != nil {
		return nil, err
	}
	if got := inner.Granted(); got != s.granted {
		inner.Close()
		return nil, audio.ErrInvalid.With("%s is there, but cannot take over: it has %s with %d periods of %d frames, and the device runs with %s, %d of %d; restart loopbridge, or set rate and period of the device to what all its cards have", s.o.Sources[n].Name,
			got.Format, got.Periods, got.Period, s.granted.Format, s.granted.Periods, s.granted.Period)
	}
	return inner, nil
}
