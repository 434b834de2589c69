package audio

import (
	"encoding/binary"
	"math"
)

// Dither adds noise before rounding to fewer bits, which turns the rounding error from
// distortion into noise of constant power. The noise is white and triangular between ±1 step of
// the target. Silence is dithered too. Each stream needs its own Dither, for one goroutine at a
// time.
type Dither struct {
	state uint64
}

// NewDither starts a sequence. Streams that are heard together need different seeds.
func NewDither(seed uint64) *Dither { return &Dither{seed} }

// quantise is like the function quantise, with noise added.
func (d *Dither) quantise(dst []byte, src []float32, s span) (bad int) {
	state := d.state
	for len(dst) >= 4 && len(src) > 0 {
		x := src[0]
		if math.Float32bits(x)&abs32 > finite32 {
			x = 0
			bad++
		}
		var z uint64
		state, z = splitMix(state)
		// The difference of two uniform distributions is triangular with mean 0.
		noise := float64(int64(z>>32)-int64(uint32(z))) * (1.0 / (1 << 32))
		binary.LittleEndian.PutUint32(dst, s.round(float64(x)*s.scale+noise))
		dst, src = dst[4:], src[1:]
	}
	d.state = state
	return bad
}

// splitMix performs one step of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
// Number Generators). Any seed is good.
func splitMix(state uint64) (next, z uint64) {
	state += 0x9E3779B97F4A7C15
	z = state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return state, z ^ z>>31
}

// State returns where the noise is: plain data for another process.
func (d *Dither) State() uint64 { return d.state }

// Restore makes the noise go on from a state.
func (d *Dither) Restore(state uint64) { d.state = state }
