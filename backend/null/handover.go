package null

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

const kind = "null"

// schedule is what a stream and one that goes on in another process have in common.
type schedule struct {
	Opened    backend.Config `json:"opened"`
	Freewheel bool           `json:"freewheel,omitempty"`
	Anchor    int64          `json:"anchor"`   // time of position 0
	Position  uint64         `json:"position"` // of the last tick
}

// handed is the state in a backend.Handed.
type handed struct {
	schedule
	Period int `json:"period"` // frames, now
}

const (
	// ahead is how far, in seconds, the position of a stream that was handed over may be ahead of a clock in real time.
	ahead = 1
	// longest is how many seconds a stream can have run. Beyond, times do not fit into 64 bits.
	longest = 100 * 365 * 24 * 3600
)

// HandOver implements backend.Heir. An Output has to be an Heir, too: a Recorder is.
func (s *stream) HandOver() (backend.Handed, error) {
	h, err := backend.NewHanded(kind, handed{s.schedule, int(s.period.Load())})
	if err != nil || s.output == nil {
		return h, err
	}
	heir, ok := s.output.(backend.Heir)
	if !ok {
		return backend.Handed{}, audio.ErrUnsupported.With("the output of this device cannot be handed to another program")
	}
	output, err := heir.HandOver()
	h.Inner = []backend.Handed{output}
	return h, err
}

// Resume returns the stream that h describes, which goes on: see backend.Heir. Of o it needs the Clock and the Input that
// the stream had; Freewheel and a Recorder as Output are in h. After an error the caller still has to close the Clock.
func Resume(h backend.Handed, o Options) (backend.Stream, error) {
	var at handed
	if err := h.Decode(kind, &at, 0, min(1, len(h.Inner))); err != nil {
		return nil, err
	}
	if err := validate(at.Opened); err != nil {
		return nil, h.Damaged("%v", err)
	}
	if lo := MinPeriod(at.Opened.Format.Rate); at.Period < lo || at.Period > at.Opened.Period {
		return nil, h.Damaged("period %d frames is out of range; it was opened with %d", at.Period, at.Opened.Period)
	}
	s, err := newStream(at.schedule, at.Period, o)
	if err != nil {
		return nil, err
	}
	g, err := s.resume(h)
	if err != nil && o.Clock == nil {
		_ = s.clock.Close() // nobody else has it
	}
	return g, err
}

// resume makes a new stream go on. The output comes last, because it cannot be given back.
func (s *stream) resume(h backend.Handed) (backend.Stream, error) {
	if err := s.possible(h); err != nil {
		return nil, err
	}
	if _, err := backend.GuardResumed(s, h, s.buffer); err != nil {
		return nil, err
	}
	if len(h.Inner) > 0 {
		if s.output != nil {
			return nil, audio.ErrInvalid.With("the device that was handed over has an output already")
		}
		r, err := ResumeRecorder(h.Inner[0], s.Opened.Format)
		if err != nil {
			return nil, err
		}
		s.output = r
	}
	s.running, s.readable, s.writable = h.Running, h.Readable, h.Writable
	return backend.GuardResumed(s.driver(), h, s.buffer)
}

// possible checks the schedule against the clock.
func (s *stream) possible(h backend.Handed) error {
	now, rate := s.clock.Now(), uint64(s.Opened.Format.Rate)
	switch {
	case s.Anchor < 0 || s.Anchor > now:
		return h.Damaged("it began at %d ns, and now is %d", s.Anchor, now)
	case s.Position > longest*rate:
		return h.Damaged("position %d is out of range", s.Position)
	case !s.Freewheel && s.Position > s.frames(now)+ahead*rate:
		return h.Damaged("position %d is ahead of the clock, which is at %d", s.Position, s.frames(now))
	}
	return nil
}
