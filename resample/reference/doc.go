// Package reference has the resamplers of others, to be measured beside ours by
// "loopbridge bench resample". It is empty unless built with the tag reference, cgo, and
// the headers of libsamplerate, libsoxr and libspeexdsp: the product does not link them.
package reference

import "github.com/loopbridge/loopbridge/resample/resampletest"

// Candidate is a resampler of somebody else.
type Candidate struct {
	Name string
	// Open begins a stereo stream from a rate to a rate in Hz, not necessarily whole.
	Open func(in, out float64) (resampletest.Stream, error)
}
