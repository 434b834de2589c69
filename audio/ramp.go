package audio

// Ramp bridges a gap without a step: the last frame before the gap fades out while the sound
// after it fades in. After silence that is a fade-in; into silence, a decay.
//
//	weight of the new sound  1 ┤        ╭──────  frames pass unchanged
//	                           │    ╭───╯
//	                         0 ┼────╯
//	                            From  a ramp later
//
// It serves one goroutine at a time and allocates nothing after NewRamp.
type Ramp struct {
	format Format
	frames int
	left   int       // frames to go
	from   []float32 // the frame that fades out
	fall   []float32 // its weight at each sample of a ramp
	room   []float32 // scratch for a ramp
}

// RampFrames returns the length of a ramp: a period, but at least 2 ms, so that it does not
// click, and at most 10 ms.
func RampFrames(rate, period int) int {
	return max(1, min(max(period, rate/500), rate/100))
}

// NewRamp returns an idle ramp of that many frames.
func NewRamp(f Format, frames int) *Ramp {
	n := frames * f.Channels
	r := &Ramp{format: f, frames: frames, from: make([]float32, f.Channels)}
	r.fall, r.room = make([]float32, n), make([]float32, n)
	for i := range r.fall {
		r.fall[i] = 1 - float32(i/f.Channels)/float32(frames)
	}
	return r
}

// Frames returns the length of the ramp.
func (r *Ramp) Frames() int { return r.frames }

// From starts a ramp at a frame, in place of any in progress; nil is silence.
func (r *Ramp) From(frame []byte) {
	r.left = r.frames
	if frame == nil {
		clear(r.from)
		return
	}
	r.format.Encoding.Decode(r.from, frame)
}

// Stop ends the ramp in progress, with a step.
func (r *Ramp) Stop() { r.left = 0 }

// Apply runs the next part of the ramp over block, whole frames that follow those of the
// previous call.
func (r *Ramp) Apply(block []byte) {
	if r.left == 0 || len(block) == 0 {
		return
	}
	channels := r.format.Channels
	n := min(r.left, len(block)/r.format.FrameBytes())
	block, room, fall := block[:n*r.format.FrameBytes()], r.room[:n*channels], r.fall[(r.frames-r.left)*channels:]
	r.format.Encoding.Decode(room, block)
	for i := range room {
		room[i] += (r.from[i%channels] - room[i]) * fall[i]
	}
	r.format.Encoding.Encode(block, room, nil)
	r.left -= n
}

// Decay fills dst with a whole ramp from a frame into silence and ends the one in progress. It
// is fast enough to call in every cycle.
func (r *Ramp) Decay(dst, frame []byte) {
	r.left = 0
	r.format.Encoding.Decode(r.from, frame)
	room, fall := r.room, r.fall
	if channels := len(r.from); channels <= 2 { // four samples at a time: that matters
		left, right := r.from[0], r.from[channels-1]
		for len(room) >= 4 && len(fall) >= 4 {
			room[0], room[1], room[2], room[3] = left*fall[0], right*fall[1], left*fall[2], right*fall[3]
			room, fall = room[4:], fall[4:]
		}
	}
	for len(room) > 0 {
		for c, x := range r.from {
			room[c] = x * fall[c]
		}
		room, fall = room[len(r.from):], fall[len(r.from):]
	}
	r.format.Encoding.Encode(dst, r.room, nil)
}

// Splice passes frames through and smooths gaps: what follows a gap continues from the last
// frame before it without a step. Frames far from a gap are unchanged. It serves one goroutine
// at a time and allocates nothing after NewSplice.
type Splice struct {
	ramp *Ramp
	last []byte // the last frame that passed
}

// NewSplice returns a Splice with ramps of that many frames, as after silence.
func NewSplice(f Format, frames int) *Splice {
	s := &Splice{NewRamp(f, frames), make([]byte, f.FrameBytes())}
	s.Reset()
	return s
}

// Reset puts s back into the state of NewSplice.
func (s *Splice) Reset() {
	s.ramp.Stop()
	s.ramp.format.Encoding.Silence(s.last)
}

// Gap starts a ramp from the last frame that passed.
func (s *Splice) Gap() { s.ramp.From(s.last) }

// GapAfterSilence starts a ramp from silence, for a gap after which the frames before it are no
// longer heard.
func (s *Splice) GapAfterSilence() {
	s.Reset()
	s.Gap()
}

// Pass applies the ramp, if any, to whole frames in place.
func (s *Splice) Pass(block []byte) {
	if len(block) > 0 {
		s.ramp.Apply(block)
		copy(s.last, block[len(block)-len(s.last):])
	}
}
