package metering

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

const (
	lanes = 4         // channels that the kernel filters at a time
	group = 5 * lanes // their states s1, s2, t1, t2 and sums
	// still is the state of a filter below which it is set to 0: far below that, processors become slow.
	still = 1e-30
)

// weighting is the K weighting of ITU-R BS.1770-4 for a rate: a shelf that lifts what is above 1.7 kHz by 4 dB, and a high
// pass at 38 Hz, each of second order:
//
//	y = b0 x + s1    s1 = b1 x − a1 y + s2    s2 = b2 x − a2 y
//	z = y + t1       t1 = −2 y − c1 z + t2    t2 = y − c2 z
//
// The recommendation gives the coefficients for 48 kHz. Those of other rates come from the analogue filters behind them,
// whose gain, Q and frequencies here are those that lead to its numbers.
type weighting struct {
	b0, b1, b2, a1, a2, c1, c2 float64
	wide                       [7 * lanes]float64 // each as often as there are lanes
}

func newWeighting(rate int) *weighting {
	const (
		shelf, shelfQ, gain = 1681.974450955533, 0.7071752369554196, 3.999843853973347 // Hz, –, dB
		middle              = 0.4996667741545416                                       // part of the gain at the shelf's frequency
		pass, passQ         = 38.13547087602444, 0.5003270373238773                    // Hz, –
		of                  = 48000
	)
	w := &weighting{}
	k := warp(shelf, rate)
	high, mid := math.Pow(10, gain/20), math.Pow(10, gain/20*middle)
	n := 1 + k/shelfQ + k*k
	w.b0, w.b1, w.b2 = (high+mid*k/shelfQ+k*k)/n, 2*(k*k-high)/n, (high-mid*k/shelfQ+k*k)/n
	w.a1, w.a2 = 2*(k*k-1)/n, (1-k/shelfQ+k*k)/n
	k = warp(pass, rate)
	n = 1 + k/passQ + k*k
	w.c1, w.c2 = 2*(k*k-1)/n, (1-k/passQ+k*k)/n
	// The high pass of the recommendation, 1 −2 1, has more than unity gain at 48 kHz; the shelf makes it as much at others.
	then := warp(pass, of)
	same := (1 + then/passQ + then*then) / n
	w.b0, w.b1, w.b2 = w.b0*same, w.b1*same, w.b2*same
	for i, x := range [...]float64{w.b0, w.b1, w.b2, w.a1, w.a2, w.c1, w.c2} {
		for j := range lanes {
			w.wide[lanes*i+j] = x
		}
	}
	return w
}

// warp returns what the bilinear transform makes of a frequency, which must be below half of the rate: at rates below
// 3.5 kHz there is no shelf.
func warp(frequency float64, rate int) float64 {
	return math.Tan(math.Pi * min(frequency/float64(rate), 0.49))
}

// filters holds the filters of all channels, and the sums of the squares of what comes out.
type filters struct {
	*weighting
	channels int
	states   []float64
}

func newFilters(f audio.Format) filters {
	return filters{newWeighting(f.Rate), f.Channels, make([]float64, (f.Channels+lanes-1)/lanes*group)}
}

// add filters frames of src, which goes on for at least padding.
func (f *filters) add(src []float32, frames int) {
	if !weightVector(f.states, f.weighting, src, frames, f.channels) {
		weightGo(f.states, f.weighting, src, frames, f.channels)
	}
	for i, x := range f.states {
		if x < still && x > -still {
			f.states[i] = 0
		}
	}
}

// take returns the weighted sum of all channels since the last take.
func (f *filters) take(weights []float64) (energy float64) {
	for c, w := range weights {
		sum := &f.states[c/lanes*group+4*lanes+c%lanes]
		energy += w * *sum
	}
	for i := 0; i < len(f.states); i += group {
		clear(f.states[i+4*lanes : i+group])
	}
	return energy
}

// surround is the weight of channels between 60° and 120° from the front: 1.5 dB.
const surround = 1.41

// weightsOf returns the weight of each channel, by BS.1770-4 annexes 1 and 3. What stands behind is at ±110° if nothing
// stands at the sides, else beyond 120°.
func weightsOf(f audio.Format) []float64 {
	stand := f.Stand()
	sides := false
	for _, p := range stand {
		sides = sides || p == audio.SideLeft || p == audio.SideRight
	}
	weights := make([]float64, f.Channels)
	for c := range weights {
		weights[c] = 1
		if c < len(stand) {
			weights[c] = weightAt(stand[c], sides)
		}
	}
	return weights
}

func weightAt(p audio.Position, sides bool) float64 {
	const lowLeft, lowRight, wideLeft, wideRight = 32, 33, 16, 17 // LLFE, RLFE, FLW and FRW of ALSA
	switch p {
	case audio.LowFrequency, lowLeft, lowRight:
		return 0
	case audio.SideLeft, audio.SideRight, wideLeft, wideRight:
		return surround
	case audio.RearLeft, audio.RearRight:
		if !sides {
			return surround
		}
	}
	return 1
}
