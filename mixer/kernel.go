package mixer

// unit is how many samples a vector holds.
const unit = 8

// shape holds the levels of a block as the kernels need them: one period, sample by sample, after
// which a frame begins at the start of a vector again.
//
// At frame f of n a channel has the level to + step × (n − 1 − f), so the last frame has exactly
// the new level. Frame counts are exact in float32.
type shape struct {
	channels int
	frames   float32   // in a period
	left     float32   // frames after the first
	to       []float32 // a period of levels
	step     []float32
	offset   []float32 // frame within the period
	short    int       // the period, or unit if all channels have the same level
}

func newShape(channels int) shape {
	frames := unit
	for frames > 1 && frames/2*channels%unit == 0 {
		frames /= 2
	}
	n := frames * channels
	all := make([]float32, 3*n)
	s := shape{channels: channels, frames: float32(frames), to: all[:n:n], step: all[n : 2*n : 2*n], offset: all[2*n:]}
	for i := range s.offset {
		s.offset[i] = float32(i / channels)
	}
	return s
}

// level gives all frames the same levels.
func (s *shape) level(levels []float32) {
	s.short = unit
	for _, x := range levels {
		if x != levels[0] {
			s.short = len(s.to)
		}
	}
	for i := 0; i < len(s.to); i += s.channels {
		copy(s.to[i:], levels)
	}
}

// slope sets a line over a block of that many samples.
func (s *shape) slope(from, to []float32, samples int) {
	s.level(to)
	frames := float32(samples / s.channels)
	s.left = frames - 1
	for c := range from {
		s.step[c] = (from[c] - to[c]) / frames
	}
	for i := s.channels; i < len(s.step); i += s.channels {
		copy(s.step[i:], s.step[:s.channels])
	}
}

// The kernels. Vector code does what it can; plain Go does the rest, from sample at on. All round
// each product before adding it, so that both give the same bits.

// scale computes dst = src × level.
func scale(dst, src []float32, s *shape) {
	scaleGo(dst, src, s, scaleVector(dst, src, s))
}

// scaleAdd computes dst += src × level.
func scaleAdd(dst, src []float32, s *shape) {
	scaleAddGo(dst, src, s, scaleAddVector(dst, src, s))
}

// slide is scale along the line.
func slide(dst, src []float32, s *shape) {
	slideGo(dst, src, s, slideVector(dst, src, s))
}

// slideAdd is scaleAdd along the line.
func slideAdd(dst, src []float32, s *shape) {
	slideAddGo(dst, src, s, slideAddVector(dst, src, s))
}
