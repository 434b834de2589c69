package mixer

import (
	"slices"

	"github.com/loopbridge/loopbridge/audio"
)

// Fader applies gain, balance and mute to a source or an output. A change is a straight line over
// the next block, from the previous level to the new one at the last frame: no clicks.
//
//	               Set, other levels
//	unity  ────────────────────────────▶ ramp
//	steady ◀────────────────────────────
//	silent     a block, or Jump
type Fader struct {
	state  state
	now    []float32 // each channel's level at the end of the last block
	wanted []float32
	pans   []audio.Pan
	shape  shape
}

type state uint8

const (
	ramp   state = iota // on the way to other levels
	steady              // constant levels
	unity               // all 1
	silent              // all 0
)

// NewFader is NewFaderFor channels without positions.
func NewFader(channels int, s ...Setting) *Fader {
	return NewFaderFor(audio.Format{Channels: channels}, s...)
}

// NewFaderFor returns a Fader for blocks of 1 to audio.MaxChannels channels. It starts at the
// product of the settings, without a ramp. The positions in format decide which channels are left
// or right.
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

// Set makes the next block ramp to the product of all settings. Values out of range are limited.
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

// Jump makes the next block have the wanted levels from its first frame. Call it when nothing is
// heard, such as before a source starts.
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

// Unity reports whether Apply would leave the next block as it is, to the bit, so that the caller
// need not even convert it.
func (f *Fader) Unity() bool { return f.state == unity }

// Silent reports whether the next block will be silence, whatever its content.
func (f *Fader) Silent() bool { return f.state == silent }

// Apply writes src at the level of the Fader to dst, which is src itself or as long and separate.
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

// Mix adds src at the level of the Fader to dst, which is as long and separate.
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

// FaderState is what a Fader knows beside its settings: plain data for another process.
type FaderState struct {
	Ramps       bool // on the way from Now to Wanted
	Now, Wanted []float32
}

// State returns the state between two blocks. It allocates.
func (f *Fader) State() FaderState {
	return FaderState{f.state == ramp, slices.Clone(f.now), slices.Clone(f.wanted)}
}

// Restore makes f go on from a state of a Fader with as many channels; it reports whether it has as many.
func (f *Fader) Restore(s FaderState) bool {
	if len(s.Now) != len(f.now) || len(s.Wanted) != len(f.wanted) {
		return false
	}
	copy(f.wanted, s.Wanted)
	f.Jump()
	if s.Ramps {
		copy(f.now, s.Now)
		f.state = ramp
	}
	return true
}
