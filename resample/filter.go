package resample

import "math"

// filter stores h as rows of coefficients: row p+1 is for the fraction p ÷ phases, p from −1 to
// phases+1, so that every fraction has four rows around it.
type filter struct {
	half   int // frames of input before and after the output frame
	taps   int // 2 × half, and zeros up to a multiple of unit
	phases int
	rows   []float64
}

// newFilter returns the filter for steps of up to stretch input frames per output frame.
func newFilter(d design, stretch float64) *filter {
	f := &filter{phases: d.phases}
	if stretch < narrow {
		stretch = 1 // the aliases lie in the transition band
	} else {
		f.phases = max(1, int(math.Ceil(float64(d.phases)/stretch)))
	}
	f.half = int(math.Ceil(float64(d.half) * stretch))
	f.taps = (2*f.half + unit - 1) / unit * unit
	f.rows = make([]float64, (f.phases+3)*f.taps)
	sum := 0.0
	for row := range f.phases + 3 {
		fraction := float64(row-1) / float64(f.phases)
		for k := range 2 * f.half {
			t := (float64(k-f.half+1) - fraction) / stretch
			c := d.at(t)
			f.rows[row*f.taps+k] = c
			sum += c
		}
	}
	for i := range f.rows {
		f.rows[i] *= float64(f.phases+3) / sum
	}
	return f
}

// narrow is the step above which the passband narrows.
const narrow = 1.02

// at returns h, up to a factor, at a distance of t frames of the lower rate. The window is a
// hyperbolic cosine in the manner of Kaiser, less its value at the ends: that step would let a
// little of every frequency through.
func (d design) at(t float64) float64 {
	x := t / float64(d.half)
	if x <= -1 || x >= 1 {
		return 0
	}
	window := math.Cosh(d.shape*math.Sqrt(1-x*x)) - 1
	if t == 0 {
		return d.cutoff * window
	}
	return math.Sin(math.Pi*d.cutoff*t) / (math.Pi * t) * window
}

// cubic computes the weights of four rows for a fraction t between the second and the third, by
// Lagrange's polynomials.
func cubic(w *[4]float64, t float64) {
	a, b, c := t+1, t-1, t-2
	w[0] = -t * b * c / 6
	w[1] = a * b * c / 2
	w[2] = -a * t * c / 2
	w[3] = a * t * b / 6
}
