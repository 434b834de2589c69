package audio

import "math"

// MaxGain is the largest magnitude of a gain in a Matrix: +24 dB.
const MaxGain = 16

// Matrix mixes channels: each of Out outputs is the sum of In inputs, each with its own gain.
// Nothing is clipped. A ChannelMix does the same faster.
type Matrix struct {
	In, Out int
	Gains   []float32 // Out rows of In: Gains[out*In+in]
}

// DirectMatrix returns a matrix that carries channel i to channel i. Extra inputs are dropped,
// extra outputs are silent.
func DirectMatrix(in, out int) Matrix {
	m := newMatrix(in, out)
	for i := range min(m.In, m.Out) {
		m.Gains[i*m.In+i] = 1
	}
	return m
}

// newMatrix returns a matrix of zeros, or an empty, invalid one if a size is out of range.
func newMatrix(in, out int) Matrix {
	if !channels(in) || !channels(out) {
		return Matrix{}
	}
	return Matrix{in, out, make([]float32, in*out)}
}

func channels(n int) bool { return n >= 1 && n <= MaxChannels }

// Validate returns nil, or an ErrInvalid that names what is wrong.
func (m Matrix) Validate() error {
	switch {
	case !channels(m.In):
		return ErrInvalid.With("a matrix cannot have %d input channels; use 1..%d", m.In, MaxChannels)
	case !channels(m.Out):
		return ErrInvalid.With("a matrix cannot have %d output channels; use 1..%d", m.Out, MaxChannels)
	case len(m.Gains) != m.In*m.Out:
		return ErrInvalid.With("a matrix from %d to %d channels has %d gains; use %d rows of %d, %d in all",
			m.In, m.Out, len(m.Gains), m.Out, m.In, m.In*m.Out)
	}
	for i, g := range m.Gains {
		if !(math.Abs(float64(g)) <= MaxGain) { // NaN fails too
			return ErrInvalid.With(
				"the gain %v from channel %d to channel %d (counted from 0) is out of range; use -%d..%d",
				g, i%m.In, i/m.In, MaxGain, MaxGain)
		}
	}
	return nil
}

// Apply mixes the frames of src into dst, which must have room for as many and not overlap src.
// m must be valid and src hold whole frames. It allocates nothing.
func (m Matrix) Apply(dst, src []float32) {
	frames := len(src) / m.In
	dst = dst[: frames*m.Out : len(dst)]
	for f := range frames {
		in, out := src[f*m.In:][:m.In], dst[f*m.Out:][:m.Out]
		for o := range out {
			var sum float32
			for i, g := range m.Gains[o*m.In:][:m.In] {
				if g != 0 {
					sum += float32(in[i] * g) // rounded, so that all processors agree
				}
			}
			out[o] = sum
		}
	}
}

// IsDirect reports whether m carries every channel unchanged to the same channel.
func (m Matrix) IsDirect() bool {
	if m.In != m.Out {
		return false
	}
	for i, g := range m.Gains {
		if (i/m.In == i%m.In) != (g == 1) || g != 0 && g != 1 {
			return false
		}
	}
	return true
}
