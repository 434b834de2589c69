// Package reference wraps other resamplers, which "loopbridge bench resample" compares with ours.
// It is empty unless built with the tag reference, cgo, and the headers of libsamplerate, libsoxr
// and libspeexdsp: the product does not link them.
package reference

import "github.com/loopbridge/loopbridge/resample/resampletest"

// Candidate is a resampler of another project.
type Candidate struct {
	Name string
	// Open starts a stereo stream between two rates in Hz, which need not be whole.
	Open func(in, out float64) (resampletest.Stream, error)
}
