package alsa

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
)

// headstart and settling are parts of a second: how much longer the playback buffer is in both
// directions, and how long a trial takes.
const (
	headstart = 16
	settling  = 8

	most = 2 // xruns allowed in a trial
)

// try runs both directions with silence to measure lead, by how much play runs ahead of record: a
// card may take frames early, in packets or into its own memory, and deliver recorded ones late.
// With the buffer fuller by lead, play has as much time to be served as it has alone. A card that
// does not run now, such as one without a signal, gets no lead.
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
	_ = s.Stop() // Start reports a broken card
	s.Base, s.Rel, s.Starts = 0, 0, 0
}

// settle plays silence for a while and discards what is recorded.
func (s *stream) settle() error {
	room := make([]byte, s.granted.Period*s.record.frame)
	for xruns := 0; s.Rel < uint64(s.granted.Format.Rate/settling); {
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
