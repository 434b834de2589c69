package measure

import "math"

// locate returns where, and over how many frames, a response differs most from noise, and by how much: the
// size of that sum over the deviation of such sums. What two clocks have smeared is found by its sum.
func locate(h []float64) (at, width int, strength float64) {
	for w := 1; w <= 64; w *= 4 {
		sums := sumsOf(h, w)
		noise := spread(sums)
		largest := 0
		for d, v := range sums {
			if math.Abs(v) > math.Abs(sums[largest]) {
				largest = d
			}
		}
		size := math.Abs(sums[largest])
		if noise > 0 {
			size /= noise
		} else if size > 0 {
			size = math.MaxFloat64
		}
		if size > strength {
			at, width, strength = wrap(largest+w/2, len(h)), w, size
		}
	}
	return at, width, strength
}

// sumsOf returns the sums of w values from each delay on.
func sumsOf(h []float64, w int) []float64 {
	sums := make([]float64, len(h))
	for d := range h {
		for i := range w {
			sums[d] += h[wrap(d+i, len(h))]
		}
	}
	return sums
}

func sumAround(h []float64, at, w int) (sum float64) {
	for i := range w {
		sum += h[wrap(at-w/2+i, len(h))]
	}
	return sum
}

// spread returns the standard deviation of noise in which there may be a few other values.
func spread(x []float64) float64 {
	sizes := make([]float64, len(x))
	for i, v := range x {
		sizes[i] = math.Abs(v)
	}
	return 1.4826 * median(sizes)
}

// largestNear returns the delay of the largest value not far from at.
func largestNear(h []float64, at int) int {
	largest := at
	for d := -64; d <= 64; d++ {
		if i := wrap(at+d, len(h)); math.Abs(h[i]) > math.Abs(h[largest]) {
			largest = i
		}
	}
	return largest
}

// summit returns the place between two frames where a response is largest, and its value there.
func summit(h []float64, at int) (where, peak float64) {
	sign := math.Copysign(1, h[at])
	low, high := float64(at-1), float64(at+1)
	const golden = 0.6180339887498949
	for range 40 {
		a, b := high-golden*(high-low), low+golden*(high-low)
		if sign*between(h, len(h), a) > sign*between(h, len(h), b) {
			high = b
		} else {
			low = a
		}
	}
	where = (low + high) / 2
	peak = between(h, len(h), where)
	if whole := math.Round(where); math.Abs(where-whole) < 1e-6 {
		where, peak = whole, h[wrap(int(whole), len(h))]
	}
	return where, peak
}
