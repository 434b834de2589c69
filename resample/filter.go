package resample

import "math"

// filter is h as rows of coefficients: row p+1 is for the fraction p ÷ phases, from −1
// to phases+1, so that there are four rows around every fraction.
type filter struct {
	half   int // frames of input before and behind the output frame
	taps   int // 2 × half, and zeros up to a multiple of unit
	phases int
	rows   []float64
}

// newFilter makes the filter for steps up to stretch input frames an output frame.
func newFilter(d design, stretch float64) *filter {
	f := &filter{phases: d.phases}
	if stretch < narrow {
		stretch = 1 // what aliases lies in the transition band
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

// narrow is the step from which on the passband has to follow it.
const narrow = 1.02

// at is h at a distance of t frames of the lower rate, but for a factor. The window is the
// hyperbolic cosine in the manner of Kaiser, less what would be left at the ends: such a
// step would let through a little of everything.
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

// cubic gives the weights of four rows for a fraction t between the second and the third,
// as Lagrange's polynomials.
func cubic(w *[4]float64, t float64) {
	a, b, c := t+1, t-1, t-2
	w[0] = -t * b * c / 6
	w[1] = a * b * c / 2
	w[2] = -a * t * c / 2
	w[3] = a * t * b / 6
}
