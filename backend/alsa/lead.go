package alsa

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
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

// shortLead returns how many frames of silence must wait to be played when a stream is to go on with the least gap: what the
// hardware takes at once, and a period in which the next frames are written.
func (s *stream) shortLead() int {
	if t := s.play.tail; t != nil {
		return s.granted.Period + t.played - t.ramp.Frames()
	}
	rate := s.granted.Format.Rate
	return s.granted.Period + rate*inPackets/1000 + rate/inCard
}

// brink is a part of a second: a cycle after a handover takes less.
const brink = 200

// onBrink reports whether a stream that was handed over is about to run dry. It would do so between the tick and the next frames,
// which would be lost: they are as many as a whole buffer.
func (s *stream) onBrink() bool {
	p := s.play
	if !s.resumed || s.record != nil || s.idle || p.tail == nil || p.sync.State != abi.Running {
		return false
	}
	return p.HW+uint64(s.granted.Format.Rate/brink) > p.Appl && p.HW+uint64(s.shortLead()) >= p.Appl+uint64(p.tail.ramp.Frames())
}

// leadAfter returns the silence with which hardware is started again after a gap. It is a full playback buffer: whatever held
// the program up may do so again. That is not so when another program has taken over: as many frames of programs as wait are
// then played instead, and the gap is that much shorter, but a period at least. In both directions, recording has lost
// the frames of the whole gap; and what the card has not played is lost with it.
func (s *stream) leadAfter(gap uint64) int {
	full, p := s.fill+s.lead, s.play
	if !s.resumed || s.record != nil || s.idle || p.HW < p.Appl {
		return full
	}
	return min(full, max(s.shortLead(), full-int(gap)+s.granted.Period))
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
