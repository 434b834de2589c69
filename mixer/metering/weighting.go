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
// whose gain, Q and frequencies here are those that lead to its numbers: from 8 kHz on, every rate has the same curve to
// 0.05 dB, and at 1 kHz, which has little of the shelf, to 0.1 dB.
type weighting struct {
	b0, b1, b2, a1, a2, c1, c2 float64
	wide                       [7 * lanes]float64 // each as often as there are lanes
}

func newWeighting(rate int) *weighting {
	w := &weighting{}
	if rate >= bilinear {
		w.lift(rate)
	} else {
		w.match(rate)
	}
	const frequency, q, of = 38.13547087602444, 0.5003270373238773, 48000
	k := math.Tan(math.Pi * frequency / float64(rate))
	n := 1 + k/q + k*k
	w.c1, w.c2 = 2*(k*k-1)/n, (1-k/q+k*k)/n
	// The high pass of the recommendation, 1 −2 1, has more than unity gain at 48 kHz; the shelf makes it as much at others.
	k = math.Tan(math.Pi * frequency / of)
	same := (1 + k/q + k*k) / n
	w.b0, w.b1, w.b2 = w.b0*same, w.b1*same, w.b2*same
	for i, x := range [...]float64{w.b0, w.b1, w.b2, w.a1, w.a2, w.c1, w.c2} {
		for j := range lanes {
			w.wide[lanes*i+j] = x
		}
	}
	return w
}

// The analogue shelf.
const (
	shelf   = 1681.974450955533  // Hz
	shelfQ  = 0.7071752369554196 // –
	lifted  = 3.999843853973347  // dB
	halfway = 0.4996667741545416 // part of that at the shelf's frequency
)

// bilinear is the rate in Hz from which on a bilinear transform keeps the shelf's form below 20 kHz to 0.02 dB.
const bilinear = 44100

// lift makes the shelf by a bilinear transform, as the recommendation's is.
func (w *weighting) lift(rate int) {
	k := math.Tan(math.Pi * shelf / float64(rate))
	high, mid := math.Pow(10, lifted/20), math.Pow(10, lifted/20*halfway)
	n := 1 + k/shelfQ + k*k
	w.b0, w.b1, w.b2 = (high+mid*k/shelfQ+k*k)/n, 2*(k*k-high)/n, (high-mid*k/shelfQ+k*k)/n
	w.a1, w.a2 = 2*(k*k-1)/n, (1-k/shelfQ+k*k)/n
}

// match makes the shelf of a low rate, which a bilinear transform would push together: its poles are those of the analogue
// shelf, and at 0 Hz, at half of the rate and between them it has the gain that it has at 48 kHz.
//
// The square of a gain is a sum of cos²(ω/2), sin²(ω/2) and sin²(ω) with the weights
//
//	(b0 + b1 + b2)²,  (b0 − b1 + b2)²,  −4 b0 b2
//
// over the same of 1, a1 and a2, so three gains give b0, b1 and b2.
func (w *weighting) match(rate int) {
	pole := 2 * math.Pi * shelf / float64(rate)
	decay := math.Exp(-pole / (2 * shelfQ))
	w.a1, w.a2 = -2*decay*math.Cos(pole*math.Sqrt(1-1/(4*shelfQ*shelfQ))), decay*decay
	then := &weighting{}
	then.lift(48000)
	between := min(shelf/float64(rate), 0.25)
	gain := func(part float64) float64 { return then.shelfPower(part * float64(rate) / 48000) }
	below := func(part float64) float64 { // the denominator
		low, high, both := parts(part)
		return low*math.Pow(1+w.a1+w.a2, 2) + high*math.Pow(1-w.a1+w.a2, 2) - 4*both*w.a2
	}
	low, high, both := parts(between)
	b0, b1 := gain(0)*below(0), gain(0.5)*below(0.5)
	b2 := (gain(between)*below(between) - b0*low - b1*high) / both
	sum := (math.Sqrt(b0) + math.Sqrt(b1)) / 2
	w.b0 = (sum + math.Sqrt(sum*sum+b2)) / 2
	w.b1 = (math.Sqrt(b0) - math.Sqrt(b1)) / 2
	w.b2 = -b2 / (4 * w.b0)
}

// parts returns cos²(ω/2), sin²(ω/2) and sin²(ω) of a frequency, which is a part of the rate.
func parts(frequency float64) (low, high, both float64) {
	s := math.Sin(math.Pi * frequency)
	return 1 - s*s, s * s, 4 * (1 - s*s) * s * s
}

// shelfPower returns the square of the gain of the shelf at a frequency, which is a part of the rate.
func (w *weighting) shelfPower(frequency float64) float64 {
	low, high, both := parts(frequency)
	return (low*math.Pow(w.b0+w.b1+w.b2, 2) + high*math.Pow(w.b0-w.b1+w.b2, 2) - 4*both*w.b0*w.b2) /
		(low*math.Pow(1+w.a1+w.a2, 2) + high*math.Pow(1-w.a1+w.a2, 2) - 4*both*w.a2)
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
