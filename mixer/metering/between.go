package metering

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

const (
	taps  = 24 // samples of a channel from which one between them is interpolated
	pairs = taps / 2
	// kaiser is the shape of the window: what the filter should not let pass is 58 dB down.
	kaiser = 5.4
)

// between finds the peaks of the signal between samples: a sinc with a window of Kaiser interpolates it at 1/4, 1/2 and
// 3/4 of the way from one sample to the next.
//
// The samples at both sides have mirrored weights, so their sums s and differences d serve all three: the middle is
// Σ half × s, and the quarters are Σ even × s ± Σ odd × d, the larger of which is the sum of both magnitudes.
type between struct {
	channels int
	times    int       // the interpolation: 1, 2 or 4
	weights  []float32 // half, even and odd of each pair, each as often as a vector has samples
	peaks    []float32 // since read or Reset, by sample of a period
	before   []float32 // since read and before Reset, by channel
	held     []float32 // since Reset and before read, by channel
}

func newBetween(f audio.Format) *between {
	b := &between{channels: f.Channels, times: 4, weights: interpolation(), peaks: make([]float32, period(f.Channels)),
		before: make([]float32, f.Channels), held: make([]float32, f.Channels)}
	switch {
	case f.Rate >= 192000:
		b.times = 1
	case f.Rate >= 96000:
		b.times = 2
	}
	return b
}

// past returns how many samples before a chunk are needed.
func (b *between) past() int { return (taps - 1) * b.channels }

// interpolation returns the weights.
func interpolation() []float32 {
	half, quarter := sinc(pairs-0.5), sinc(pairs-0.75)
	all := make([]float32, 0, 3*pairs*unit)
	for k := range pairs {
		a, b := quarter[k], quarter[taps-1-k]
		for _, w := range []float64{half[k], (a + b) / 2, (a - b) / 2} {
			for range unit {
				all = append(all, float32(w))
			}
		}
	}
	return all
}

// sinc returns the weights of samples 0 to taps − 1 for a place among them. They add up to 1.
func sinc(place float64) []float64 {
	w, sum := make([]float64, taps), 0.0
	for k := range w {
		x := math.Pi * (float64(k) - place)
		edge := (float64(k) - place) / pairs
		w[k] = math.Sin(x) / x * bessel(kaiser*math.Sqrt(max(0, 1-edge*edge)))
		sum += w[k]
	}
	for k := range w {
		w[k] /= sum
	}
	return w
}

// bessel returns the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-16; k++ {
		term *= x / 2 / k * x / 2 / k
		sum += term
	}
	return sum
}

// measure looks at n samples of work, which begins with those before them.
func (b *between) measure(work []float32, n int) {
	switch b.times {
	case 4:
		at := quartersVector(b.peaks, b.weights, work, n, b.channels)
		quartersGo(b.peaks, b.weights, work, at, n, b.channels)
	case 2:
		at := halvesVector(b.peaks, b.weights, work, n, b.channels)
		halvesGo(b.peaks, b.weights, work, at, n, b.channels)
	default:
		samplesGo(b.peaks, work[b.past():], n)
	}
}

// reset begins the maxima anew.
func (b *between) reset() {
	b.fold(b.before)
	clear(b.held)
}

// fold adds the peaks to those in to, and forgets them.
func (b *between) fold(to []float32) {
	c := 0
	for _, p := range b.peaks {
		to[c] = max(to[c], p)
		if c++; c == b.channels {
			c = 0
		}
	}
	clear(b.peaks)
}

// read stores the peaks since the previous read, and those since Reset.
func (b *between) read(r *Reading) {
	for c := range r.Channels {
		peak := float32(0)
		for i := c; i < len(b.peaks); i += b.channels {
			peak = max(peak, b.peaks[i])
		}
		ch := &r.Channels[c]
		b.held[c] = max(b.held[c], peak)
		ch.TruePeak, ch.MaxTruePeak = max(float64(max(peak, b.before[c])), ch.Peak), float64(b.held[c])
	}
	clear(b.peaks)
	clear(b.before)
}
