package servo

import "math"

// Noise is what a clock has learnt about the lateness of its pairs. It is plain data.
type Noise struct {
	Blocks int
	Mean   float64 // lateness in ns, against the line
	Var    float64 // of one pair, in ns²
	Gap    float64 // the mean of N × (Second − Lowest), in ns
	Depth  float64 // how far the lowest is below the mean, as a part of what it were if jitter was normal
	Method Method

	// Whether the line follows as it should: means of the innovations in standard deviations, squared, and
	// times the one before; white noise of the expected size gives 1 and 0. Drift is Alike of what is beyond
	// half a frame.
	Power, Alike, Drift float64
	Last, LastBeyond    float64 // the newest innovation
	Wander              float64 // factor on the wander of the slope, 1 or more
	Rough               float64 // factor on the variance of measurements, 1 or more
}

// Method is which pairs of a block are its measurement.
type Method uint8

// The methods. Lowest is right for wake-ups and for positions that move in steps: both are late,
// never early, so that the least late pair of many is next to exact. Mean is right for errors on
// both sides.
const (
	Lowest Method = iota
	Mean
)

// String returns a word for people.
func (m Method) String() string {
	if m == Mean {
		return "mean"
	}
	return "lowest"
}

// learn takes in a block and chooses the method. It returns by how much the choice moves the line, in ns.
func (n *Noise) learn(b *Block) float64 {
	late, _, variance := b.mean()
	n.Blocks++
	pairs, weight := float64(b.N), max(1/float64(n.Blocks), 1./16)
	if variance < n.Var/4 { // a block before was tilted, or a device has come to rest
		weight = max(weight, 1./4)
	}
	n.Mean += weight * (late - n.Mean)
	n.Var += weight * (variance - n.Var)
	n.Gap += weight * (pairs*(b.Second-b.Lowest) - n.Gap)
	depth := (late - b.Lowest) / math.Sqrt(max(variance, 1)) / normalDepth(pairs)
	n.Depth += weight * (depth - n.Depth)

	before := n.Method
	switch lowest, mean := n.Gap/pairs, math.Sqrt(n.Var/pairs); {
	case n.Blocks < decided: // few pairs: whether the jitter is lopsided shows in how deep the lowest is
		n.Method = Lowest
		if n.Depth > 0.8 {
			n.Method = Mean
		}
	case n.Method == Lowest && lowest > 1.3*mean: // how far the lowest scatters shows in the next one
		n.Method = Mean
	case n.Method == Mean && lowest < 0.6*mean:
		n.Method = Lowest
	}
	switch {
	case n.Method == before:
		return 0
	case n.Method == Mean:
		return n.Mean
	}
	return b.Lowest - n.Gap/pairs
}

// seen is after how many blocks sound may flow, decided after how many the choice of a method is slow to
// change.
const seen, decided = 5, 12

// normalDepth is how many standard deviations the lowest of some normal values is below their mean.
func normalDepth(pairs float64) float64 { return 0.46 + 0.445*math.Log(pairs) }

// measurement returns by how much the line is late at a frame, as a block has it, and the variance of that.
func (n *Noise) measurement(b *Block) (late float64, frames int64, variance float64) {
	pairs := float64(b.N)
	if n.Method == Mean {
		late, frames, _ = b.mean()
		return late, frames, n.Var / pairs
	}
	// The gap of a few blocks may be small by chance; the jitter is not.
	return b.Lowest - n.Gap/pairs, b.LowestAt, max(n.Gap*n.Gap, n.Var) / (pairs * pairs)
}

// judge takes in an innovation, and what a frame is, in standard deviations. If innovations are each like the one
// before, the slope moves faster than was thought; if they are large without being alike, measurements are
// rougher. What is less than half a frame says nothing about the slope: positions are whole frames, and at
// nearly the nominal rate the error of that moves slowly. It returns true if the line is left behind for all that.
func (n *Noise) judge(innovation, frame float64) (left bool) {
	innovation = max(-6, min(6, innovation))
	beyond := math.Copysign(max(0, math.Abs(innovation)-frame/2), innovation)
	n.Power += (innovation*innovation - n.Power) / 16
	n.Alike += (innovation*n.Last - n.Alike) / 16
	alike := beyond * n.LastBeyond
	n.Drift += (alike - n.Drift) / 16
	n.Last, n.LastBeyond = innovation, beyond
	if n.Drift > 0.5 && alike > 0.5 {
		left = n.Wander == mostWander && math.Abs(beyond) > 3
		n.Wander = min(n.Wander*min(1+n.Drift/2, 3), mostWander)
	} else {
		n.Wander = max(n.Wander*0.9, 1)
	}
	if n.Power-2*max(0, n.Alike) > 1.5 {
		n.Rough = min(n.Rough*1.1, mostRough)
	} else {
		n.Rough = max(n.Rough/1.1, 1)
	}
	return left
}
