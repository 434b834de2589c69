package spectrum

import (
	"math"
	"math/cmplx"
)

// bandPass is a Butterworth filter made from a low pass of fourth order: four sections of second order.
type bandPass struct {
	sections [4]section
	gain     float64
}

// section has zeros at 0 Hz and at half of the rate: y = x + s1, s1 = −a1 y + s2, s2 = −x − a2 y.
type section struct{ a1, a2, s1, s2 float64 }

// newBandPass returns a filter with half of the power at both edges, which are parts of the rate.
func newBandPass(low, middle, high float64) *bandPass {
	l, h := math.Tan(math.Pi*low), math.Tan(math.Pi*high)
	centre, width := l*h, h-l
	b := &bandPass{gain: 1}
	// The poles of the low pass are at 112.5°, 157.5° and mirrored. Each becomes two.
	for i, angle := range [2]float64{5.0 / 8, 7.0 / 8} {
		p := cmplx.Rect(width/2, math.Pi*angle)
		root := cmplx.Sqrt(p*p - complex(centre, 0))
		b.sections[2*i], b.sections[2*i+1] = sectionOf(p+root), sectionOf(p-root)
	}
	b.gain = 1 / b.response(middle)
	return b
}

// sectionOf returns the section with a pole of an analogue filter, and the mirrored one.
func sectionOf(s complex128) section {
	z := (1 + s) / (1 - s) // the bilinear transform
	return section{a1: -2 * real(z), a2: real(z)*real(z) + imag(z)*imag(z)}
}

// response returns the gain at a frequency, which is a part of the rate.
func (b *bandPass) response(frequency float64) float64 {
	z := cmplx.Rect(1, -2*math.Pi*frequency)
	h := complex(b.gain, 0)
	for _, s := range b.sections {
		h *= (1 - z*z) / (1 + complex(s.a1, 0)*z + complex(s.a2, 0)*z*z)
	}
	return cmplx.Abs(h)
}

func (b *bandPass) next(x float64) float64 {
	x *= b.gain
	for i := range b.sections {
		s := &b.sections[i]
		y := x + s.s1
		s.s1 = s.s2 - s.a1*y
		s.s2 = -x - s.a2*y
		x = y
	}
	return x
}

// settle sets what has faded away to 0: far below that, processors become slow.
func (b *bandPass) settle() {
	for i := range b.sections {
		if s := &b.sections[i]; math.Abs(s.s1) < 1e-30 && math.Abs(s.s2) < 1e-30 {
			s.s1, s.s2 = 0, 0
		}
	}
}

// halfTaps is the length of the filter that halves a rate. Every other of its samples but the middle is 0.
const halfTaps = 35

// halver halves a rate. What would be heard below 0.24 of the lower rate and does not belong there is 100 dB down.
type halver struct {
	taps [halfTaps/4 + 1]float64 // beside the middle, each on both sides
	past [2 * halfTaps]float64   // the last samples twice, so that they can be read in one piece
	at   int
	odd  bool
}

func newHalver() *halver {
	h := &halver{}
	sum := 0.5
	for k := range h.taps {
		d := float64(2*k + 1)
		edge := d / ((halfTaps + 1) / 2)
		h.taps[k] = math.Sin(math.Pi*d/2) / (math.Pi * d) * bessel(10.5*math.Sqrt(1-edge*edge)) / bessel(10.5)
		sum += 2 * h.taps[k]
	}
	for k := range h.taps { // the middle is exact, the others make it 1 in all
		h.taps[k] *= 0.5 / (sum - 0.5)
	}
	return h
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

// response returns the gain at a frequency, which is a part of the higher rate.
func (h *halver) response(frequency float64) float64 {
	sum := 0.5
	for k, w := range h.taps {
		sum += 2 * w * math.Cos(2*math.Pi*frequency*float64(2*k+1))
	}
	return math.Abs(sum)
}

// next takes a sample, and returns one with every other.
func (h *halver) next(x float64) (y float64, some bool) {
	h.past[h.at], h.past[h.at+halfTaps] = x, x
	if h.at++; h.at == halfTaps {
		h.at = 0
	}
	if h.odd = !h.odd; h.odd {
		return 0, false
	}
	last := h.past[h.at : h.at+halfTaps]
	y = last[halfTaps/2] / 2
	for k, w := range h.taps {
		y += w * (last[halfTaps/2-1-2*k] + last[halfTaps/2+1+2*k])
	}
	return y, true
}
