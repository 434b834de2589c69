package alsa

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
)

// Parts of a second: by how much longer the buffer of play is where there are two, and how
// long they are tried.
const (
	headstart = 16
	settling  = 8

	most = 2 // xruns of a trial
)

// try runs both directions with silence, to see by how much play runs ahead of record: a
// card may take what is played early, in packets or into a memory of its own, and bring what
// is recorded later. Kept fuller by that, play has as much time to be served as it has
// alone. A card that does not run now, such as one without a signal, is not tried.
func (s *stream) try() {
	s.trial = true
	err := s.Start()
	if err == nil {
		err = s.settle()
	}
	s.trial = false
	s.lead = min(s.lead, s.play.room()-s.fill)
	if err != nil {
		s.lead = 0
	}
	_ = s.Stop() // of what is broken Start says it
	s.base, s.rel, s.starts = 0, 0, 0
}

// settle plays silence for a while, and drops what is recorded.
func (s *stream) settle() error {
	room := make([]byte, s.granted.Period*s.record.frame)
	for xruns := 0; s.rel < uint64(s.granted.Format.Rate/settling); {
		t, err := s.Wait()
		if err != nil {
			return err
		}
		if t.Lost > 0 {
			xruns++
		}
		if xruns > most {
			return audio.ErrIO.With("%s: recording does not run", s.name)
		}
		if err := errors.Join(s.drop(room), s.silence(s.unwritten())); err != nil {
			return err
		}
	}
	return nil
}
