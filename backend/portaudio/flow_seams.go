package portaudio

import "github.com/loopbridge/loopbridge/audio"

// seams lead sound over what is missing, at both ends of each ring. Where a ring is filled
// that is what was not given: by the engine, or by PortAudio; where it is emptied, what was
// not there in time, or not fetched. nil: the direction is not opened.
type seams struct {
	given, heard     *audio.Splice // the engine's
	recorded, played *audio.Splice // the callback's

	dry    bool   // the callback: what is to be played is not there
	blank  bool   // likewise: there was nothing to record
	begun  bool   // the engine has given something since the start
	period []byte // room for one
}

func newSeams(period, ramp int, play, record audio.Format) (s seams) {
	if !play.IsZero() {
		s.given, s.played = audio.NewSplice(play, ramp), audio.NewSplice(play, ramp)
		s.period = make([]byte, period*play.FrameBytes())
	}
	if !record.IsZero() {
		s.recorded, s.heard = audio.NewSplice(record, ramp), audio.NewSplice(record, ramp)
	}
	return s
}

// reset is at a start.
func (s *seams) reset() {
	s.dry, s.blank, s.begun = false, false, false
	for _, splice := range []*audio.Splice{s.given, s.heard, s.recorded, s.played} {
		if splice != nil {
			splice.Reset()
		}
	}
}

// pass lets what is played go by: frames that are there, and silence for those that lack.
func (s *seams) pass(there, lack []byte, count bool) {
	if s.dry && len(there) > 0 {
		s.played.Gap()
		s.dry = false
	}
	s.played.Pass(there)
	if len(lack) > 0 && count && !s.dry {
		s.played.Gap()
		s.dry = true
	}
	s.played.Pass(lack)
}

// store lets n recorded frames in the ring go by, which are silence where there was nothing.
func (s *seams) store(r *ring, at, n uint64, nothing bool) {
	if nothing != s.blank {
		s.recorded.Gap()
		s.blank = nothing
	}
	one, other := r.pieces(at, n)
	s.recorded.Pass(one)
	s.recorded.Pass(other)
}

// pause plays n frames of silence that the engine has not given, between those that it has.
func (f *flow) pause(n uint64) {
	s := &f.seams
	if !s.begun {
		f.silence(n)
		return
	}
	s.given.Gap()
	for n > 0 {
		block := s.period[:copy(s.period, f.quiet[:int(min(n, f.period))*f.play.frame])]
		s.given.Pass(block)
		f.store(block)
		n -= min(n, f.period)
	}
	s.given.Gap()
}
