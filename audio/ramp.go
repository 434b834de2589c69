package audio

// Ramp leads sound over a gap without a step: from the last frame before it into what
// comes after, which fades in while that frame fades out. After silence that is a fade-in,
// into silence a decay.
//
//	weight of what comes   1 ┤        ╭──────  frames that nobody touches
//	                         │    ╭───╯
//	                       0 ┼────╯
//	                          From  a ramp later
//
// It is for one goroutine at a time, and allocates nothing after NewRamp.
type Ramp struct {
	format Format
	frames int
	left   int       // frames to go
	from   []float32 // a frame
	fall   []float32 // its weights, for each sample of a ramp
	room   []float32 // for a ramp
}

// RampFrames is how long a ramp is: a period, but no shorter than 2 ms, so that it is no
// click, and no longer than 10 ms.
func RampFrames(rate, period int) int {
	return max(1, min(max(period, rate/500), rate/100))
}

// NewRamp is a ramp of so many frames. None is going on.
func NewRamp(f Format, frames int) *Ramp {
	n := frames * f.Channels
	r := &Ramp{format: f, frames: frames, from: make([]float32, f.Channels), fall: make([]float32, n), room: make([]float32, n)}
	for i := range r.fall {
		r.fall[i] = 1 - float32(i/f.Channels)/float32(frames)
	}
	return r
}

// Frames is how long the ramp is.
func (r *Ramp) Frames() int { return r.frames }

// From begins a ramp at a frame, whether or not another one is over; nil is silence.
func (r *Ramp) From(frame []byte) {
	r.left = r.frames
	if frame == nil {
		clear(r.from)
		return
	}
	r.format.Encoding.Decode(r.from, frame)
}

// Stop ends the ramp that is going on, with a step.
func (r *Ramp) Stop() { r.left = 0 }

// Apply does to whole frames, which follow those of the call before, what is left of the
// ramp.
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

// Decay fills dst with a whole ramp from a frame into silence; it ends the one that is going
// on. It is made to be called in every cycle.
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

// Splice watches frames go by, and leads them over gaps: whatever comes after a gap follows
// the last frame before it without a step. Frames that no gap is near are not touched. It is
// for one goroutine at a time, and allocates nothing after NewSplice.
type Splice struct {
	ramp *Ramp
	last []byte // frame
}

// NewSplice has ramps of so many frames. Silence is what went by before.
func NewSplice(f Format, frames int) *Splice {
	s := &Splice{NewRamp(f, frames), make([]byte, f.FrameBytes())}
	s.Reset()
	return s
}

// Reset is NewSplice once more.
func (s *Splice) Reset() {
	s.ramp.Stop()
	s.ramp.format.Encoding.Silence(s.last)
}

// Gap is between the frames before and those to come. Silent: after it nothing is heard any
// more of those before.
func (s *Splice) Gap(silent bool) {
	if silent {
		s.Reset()
	}
	s.ramp.From(s.last)
}

// Pass lets whole frames go by, in place.
func (s *Splice) Pass(block []byte) {
	if len(block) > 0 {
		s.ramp.Apply(block)
		copy(s.last, block[len(block)-len(s.last):])
	}
}
