package resampletest

import (
	"math"
	"time"
)

// Open starts a stereo stream between two rates in Hz, which need not be whole.
type Open func(in, out float64) (Stream, error)

// Conversion is a pair of rates.
type Conversion struct {
	Name    string
	In, Out float64
}

// Conversions returns the pairs of rates at which resamplers are compared: two clocks that differ
// slightly, and the common change of rate.
func Conversions() []Conversion {
	return []Conversion{{"48000 by 1.0001", 48000 * 1.0001, 48000}, {"44100 to 48000", 44100, 48000}}
}

// At measures a converted tone of a frequency in Hz.
func (c Conversion) At(open Open, hertz float64) (Fit, error) {
	s, err := open(c.In, c.Out)
	if err != nil {
		return Fit{}, err
	}
	out := Run(s, Tone(hertz/c.In, 2*int(c.In)), 256)
	return FitTone(Middle(out), hertz/c.Out), nil
}

// Passband returns the frequency above which the level falls below −0.1 dB, as a part of half the
// lower rate.
func (c Conversion) Passband(open Open) (float64, error) {
	low, high := 0.5, 1.0
	for range 9 {
		middle := (low + high) / 2
		fit, err := c.At(open, middle*min(c.In, c.Out)/2)
		if err != nil {
			return 0, err
		}
		if fit.Gain > -0.1 {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

// Latency returns how late a frame comes out if frames go in one by one: what the resampler holds
// back plus what it shifts.
func (c Conversion) Latency(open Open) (time.Duration, error) {
	s, err := open(c.In, c.Out)
	if err != nil {
		return 0, err
	}
	const at, frames = 4000, 8000
	out := make([]float32, 16)
	var largest, peak, peakAt float64
	var held float64
	given := 0
	for i := range frames {
		in := []float32{0, 0}
		if i == at {
			in[0] = 1
		}
		for len(in) > 0 {
			n, taken := s.Process(out, in)
			for k := range n {
				if x := math.Abs(float64(out[2*k])); x > largest {
					largest, peakAt = x, float64(given+k)
				}
			}
			given += n
			in = in[2*taken:]
		}
		if i > frames/2 {
			held = max(held, float64(i+1)/c.In-float64(given)/c.Out)
		}
	}
	peak = peakAt/c.Out - float64(at)/c.In
	return time.Duration((held + peak) * 1e9), nil
}

// Cost returns the time per output frame in ns, over a second of stereo in blocks of 256 frames.
func (c Conversion) Cost(open Open) (ns float64, err error) {
	s, err := open(c.In, c.Out)
	if err != nil {
		return 0, err
	}
	in, out := Tone(997/c.In, int(c.In)), make([]float32, 2*256)
	frames := 0
	begin := time.Now()
	for len(in) > 0 {
		given, taken := s.Process(out, in[:min(len(in), 2*256)])
		in = in[2*taken:]
		frames += given
	}
	return float64(time.Since(begin).Nanoseconds()) / float64(frames), nil
}
