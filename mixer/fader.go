package mixer

import "github.com/loopbridge/loopbridge/audio"

// Fader gives a source or an output its gain, balance and mute. A change of them is a
// straight line over the next block, from the level of the block before, that reaches
// the new level with the last frame: no clicks (D19).
//
//	               Set, other levels
//	unity  ────────────────────────────▶ ramp
//	steady ◀────────────────────────────
//	silent     a block, or Jump
type Fader struct {
	state  state
	now    []float32 // the level of each channel at the end of the last block
	wanted []float32
	pans   []audio.Pan
	shape  shape
}

type state uint8

const (
	ramp   state = iota // to other levels
	steady              // some levels
	unity               // all are 1
	silent              // all are 0
)

// NewFader is NewFaderFor channels that say nothing of their positions.
func NewFader(channels int, s ...Setting) *Fader {
	return NewFaderFor(audio.Format{Channels: channels}, s...)
}

// NewFaderFor is a Fader for blocks of 1 to audio.MaxChannels channels. It begins with the
// settings, one behind the other, not with a ramp. Left and right are where the channels
// stand; those that stand nowhere are neither.
func NewFaderFor(format audio.Format, s ...Setting) *Fader {
	channels := format.Channels
	f := &Fader{
		pans:   format.Pans(),
		now:    make([]float32, channels),
		wanted: make([]float32, channels),
		shape:  newShape(channels),
	}
	f.Set(s...)
	f.Jump()
	return f
}

// Set is what the next block goes to: through all settings, one behind the other. Values
// out of range count as the nearest.
func (f *Fader) Set(s ...Setting) {
	same := true
	for c := range f.wanted {
		f.wanted[c] = 1
		for _, one := range s {
			f.wanted[c] *= one.amplitude(f.pans[c])
		}
		same = same && f.wanted[c] == f.now[c]
	}
	f.state = ramp
	if same {
		f.Jump()
	}
}

// Jump is for when nothing is heard, as where a source begins or has nothing to give:
// the next block has the wanted levels from its first frame on.
func (f *Fader) Jump() {
	ones, zeros := 0, 0
	for c, level := range f.wanted {
		f.now[c] = level
		if level == 1 {
			ones++
		}
		if level == 0 {
			zeros++
		}
	}
	switch len(f.wanted) {
	case ones:
		f.state = unity
	case zeros:
		f.state = silent
	default:
		f.state = steady
	}
	f.shape.level(f.wanted)
}

// Unity reports whether Apply would leave the next block as it is, to the bit, so that
// the caller need not even convert it.
func (f *Fader) Unity() bool { return f.state == unity }

// Silent reports whether the next block would be silence, whatever is in it.
func (f *Fader) Silent() bool { return f.state == silent }

// Apply makes dst the block src at the level of the Fader. dst is src, or as long and
// apart from it.
func (f *Fader) Apply(dst, src []float32) {
	if len(src) == 0 {
		return
	}
	switch dst = dst[:len(src)]; f.state {
	case unity:
		if &dst[0] != &src[0] {
			copy(dst, src)
		}
	case silent:
		clear(dst)
	case steady:
		scale(dst, src, &f.shape)
	case ramp:
		f.shape.slope(f.now, f.wanted, len(src))
		slide(dst, src, &f.shape)
		f.Jump()
	}
}

// Mix adds the block src at the level of the Fader to dst, which is as long and apart
// from it.
func (f *Fader) Mix(dst, src []float32) {
	if len(src) == 0 {
		return
	}
	switch dst = dst[:len(src)]; f.state {
	case unity:
		Add(dst, src)
	case silent:
	case steady:
		scaleAdd(dst, src, &f.shape)
	case ramp:
		f.shape.slope(f.now, f.wanted, len(src))
		slideAdd(dst, src, &f.shape)
		f.Jump()
	}
}
