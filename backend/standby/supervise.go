package standby

import (
	"errors"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// supervise looks for a better device than the active one, and closes failed devices.
func (s *stream) supervise() {
	r := retry{look: s.o.Look, pause: s.o.Look, longest: s.o.Longest}
	if r.longest == 0 {
		r.longest = longestPause
	}
	if s.o.Later {
		r.pause = firstPause
	}
	since := time.Now() // when the last device took over
	refused := make([]refusal, len(s.o.Sources))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Stop()
		if s.active.Load().source > 0 && r.pause > 0 { // there is none better than the first
			timer.Reset(r.pause)
		}
		select {
		case <-s.quit:
			return
		case dead := <-s.retired:
			s.work <- struct{}{}
			_ = s.discard(dead) // its error is known
			<-s.work
			continue
		case _, open := <-s.o.Plugged:
			if !open {
				s.o.Plugged = nil
			}
			r.reset()
		case <-s.wake:
			if time.Since(since) >= steady {
				r.reset()
			}
			if !r.failed() {
				continue // close the failed device before the next try
			}
		case <-timer.C:
		}
		s.work <- struct{}{}
		s.closeRetired() // a card must be closed before it can be opened again
		if s.improve(refused, &r) {
			since = time.Now()
		}
		<-s.work
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

// refusal is what was said of a source that did not open.
type refusal struct {
	there  string // why it could not take over; "": it has since
	absent string // why it is not there, in words
}

// improve prepares the best source that is better than the active one for the engine, and reports
// whether there is one. It reports an unusable device once. One that is absent was told when it went, but not if nobody has seen it
// yet, or if there is another reason now.
func (s *stream) improve(refused []refusal, r *retry) bool {
	if s.next.Load() != nil {
		return false // the engine has not yet taken the previous one
	}
	absent := true
	for n := range s.active.Load().source {
		if s.calls[n].Load() > 0 {
			continue // its return wakes the supervisor
		}
		p, err := s.ready(n)
		if err != nil {
			there := !errors.Is(err, audio.ErrNoDevice)
			if there && !errors.Is(err, audio.ErrBusy) && !errors.Is(err, audio.ErrInvalid) {
				absent = false
			}
			switch text := err.Error(); {
			case there && text != refused[n].there:
				refused[n].there = text
				s.report(err)
			case !there && s.o.Later && words(text) != refused[n].absent:
				refused[n].absent = words(text)
				s.report(err)
			}
			continue
		}
		refused[n].there = ""
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

// words returns a text without its numbers: how many datagrams came makes no other reason.
func words(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text)
}

// ready opens a source, and starts it if the stream runs. If it does not start it is closed, opened
// and started again a few times.
func (s *stream) ready(n int) (*device, error) {
	var first error
	for range atOnce {
		p, err := s.open(n)
		if err != nil {
			return nil, errors.Join(first, err)
		}
		if !s.running.Load() {
			return p, nil
		}
		if err = s.start(p, supervisorLimit); err == nil {
			if first != nil {
				s.report(audio.ErrIO.With("%s did not start at first, and does now that it was opened again: %v",
					s.o.Sources[n].Name, first))
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
	return nil, audio.ErrIO.With("%s opens, but does not start: %v; it is tried again from time to time",
		s.o.Sources[n].Name, first)
}
