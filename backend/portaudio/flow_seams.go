package portaudio

import "github.com/loopbridge/loopbridge/audio"

// seams smooth both ends of each ring around missing frames: frames that the engine or PortAudio did not
// put in, and frames that were late or not taken out. Splices are nil for a direction that is not open.
type seams struct {
	given, heard     *audio.Splice // used by the engine
	recorded, played *audio.Splice // used by the callback

	dry    bool   // set by the callback: frames to be played are missing
	blank  bool   // set by the callback: nothing was recorded
	begun  bool   // the engine has written since the start
	period []byte // room for a period
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

// reset forgets the past at a start.
func (s *seams) reset() {
	s.dry, s.blank, s.begun = false, false, false
	for _, splice := range []*audio.Splice{s.given, s.heard, s.recorded, s.played} {
		if splice != nil {
			splice.Reset()
		}
	}
}

// pass smooths what is played: the frames that are there, and silence for those that are missing.
// late says that the engine should have written them.
func (s *seams) pass(there, lack []byte, late bool) {
	if s.dry && len(there) > 0 {
		s.played.Gap()
		s.dry = false
	}
	s.played.Pass(there)
	if len(lack) > 0 && late && !s.dry {
		s.played.Gap()
		s.dry = true
	}
	s.played.Pass(lack)
}

// store smooths n recorded frames in the ring; nothing says that they are silence.
func (s *seams) store(r *ring, at, n uint64, nothing bool) {
	if nothing != s.blank {
		s.recorded.Gap()
		s.blank = nothing
	}
	one, other := r.pieces(at, n)
	s.recorded.Pass(one)
	s.recorded.Pass(other)
}

// pause plays n frames of silence in place of frames that the engine has not written.
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
