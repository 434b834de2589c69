package measure

import "math"

// Limits of the search for a drift.
const (
	maxDrift   = 1e-3
	neighbours = 1024 // frames of the response, on both sides of its peak, that are compared
	reach      = 16   // frames, on both sides, from which between interpolates
)

// drift returns by which part of the time that passes what was recorded comes later and later, 0 if it does
// not or cannot be said. The response is at a delay, smeared over width frames.
func (s *Sequence) drift(y []float64, at, width int) float64 {
	n := s.Len()
	span := float64(len(y) - n) // from the first period to the last
	found, x := 0.0, y
	for range 4 {
		first, last := s.Response(x[:n]), s.Response(x[len(x)-n:])
		most := int(maxDrift*span) + 2
		if found != 0 {
			most = width + 4 // what is left
		}
		step := shift(first, last, at, most) / span
		if math.Abs(step*span) < 0.005 {
			break
		}
		if found += step; math.Abs(found) > maxDrift {
			return 0
		}
		x = stretch(y, n, 1+found)
	}
	if math.Abs(found*span) < 0.02 { // less than can be seen
		return 0
	}
	return found
}

// shift returns by how many frames b is later than a near a delay, at most so many.
func shift(a, b []float64, at, most int) float64 {
	n := len(a)
	near := min(neighbours, n/4)
	alike := make([]float64, 2*most+1)
	best := 0
	for i := range alike {
		for d := -near; d <= near; d++ {
			alike[i] += a[wrap(at+d, n)] * b[wrap(at+d+i-most, n)]
		}
		if alike[i] > alike[best] {
			best = i
		}
	}
	if best == 0 || best == len(alike)-1 {
		return 0
	}
	low, mid, high := alike[best-1], alike[best], alike[best+1]
	if curve := low - 2*mid + high; curve < 0 {
		return float64(best-most) + (low-high)/(2*curve)
	}
	return float64(best - most)
}

// stretch returns y read at another speed. Beyond its end it goes on with its last period of n frames.
func stretch(y []float64, n int, speed float64) []float64 {
	out := make([]float64, len(y))
	for i := range out {
		x := float64(i) * speed
		if x > float64(len(y)-reach) {
			x -= float64(n)
		}
		out[i] = between(y, len(y), x)
	}
	return out
}

// between returns the value of y, of which n values come again and again, at a place between two of them.
func between(y []float64, n int, x float64) (value float64) {
	whole := int(math.Floor(x))
	part := x - float64(whole)
	if part == 0 {
		return y[wrap(whole, n)]
	}
	// sinc(k − part) under a Hann window: sin(π(k − part)) only changes its sign with k.
	sine := -math.Sin(math.Pi*part) / math.Pi
	for k := 1 - reach; k <= reach; k++ {
		u := float64(k) - part
		weight := sine / u * (0.5 + 0.5*math.Cos(math.Pi*u/(reach+1)))
		if k&1 != 0 {
			weight = -weight
		}
		value += weight * y[wrap(whole+k, n)]
	}
	return value
}
