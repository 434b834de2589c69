package resample

import (
	"math"
	"math/bits"
)

// place is the position of the next output frame: a fraction beyond an input frame, which the
// caller counts. One frame is fewer than 2⁵² parts, a multiple of the denominator of the nominal
// step, so that the step is exact.
type place struct {
	frame    uint64 // in parts, as is everything below
	fraction uint64 // below frame
	nominal  uint64
	step     uint64  // nominal, adjusted
	scale    float64 // 1 ÷ frame
	whole    int     // frames in a step
	part     uint64  // the rest of the step
}

func newPlace(in, out int) place {
	divisor := gcd(in, out)
	shift := 52 - bits.Len64(uint64(out/divisor))
	p := place{frame: uint64(out/divisor) << shift, nominal: uint64(in/divisor) << shift}
	p.scale = 1 / float64(p.frame)
	p.adjust(1)
	return p
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// adjust changes the step to factor times the nominal one.
func (p *place) adjust(factor float64) {
	if factor == 1 {
		p.setStep(p.nominal)
	} else {
		p.setStep(uint64(math.Round(float64(p.nominal) * factor)))
	}
}

func (p *place) setStep(step uint64) { p.step, p.whole, p.part = step, int(step/p.frame), step%p.frame }

// next advances by a step and returns by how many frames.
func (p *place) next() int {
	p.fraction += p.part
	if p.fraction < p.frame {
		return p.whole
	}
	p.fraction -= p.frame
	return p.whole + 1
}

// phase returns the fraction as one of n phases and a rest of 0 to 1.
func (p *place) phase(n int) (int, float64) {
	exact := float64(p.fraction) * p.scale * float64(n)
	phase := min(int(exact), n-1)
	return phase, exact - float64(phase)
}

// after returns how many frames ahead the place is after n steps.
func (p *place) after(n int) int {
	hi, lo := bits.Mul64(p.step, uint64(n))
	lo, carry := bits.Add64(lo, p.fraction, 0)
	frames, _ := bits.Div64(hi+carry, lo, p.frame)
	return int(frames)
}

// before returns how many places lie in the next n frames: ⌈(n − fraction) ÷ step⌉.
func (p *place) before(n int) int {
	if n <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(p.frame, uint64(n))
	lo, borrow := bits.Sub64(lo, p.fraction, 0)
	hi -= borrow
	lo, carry := bits.Add64(lo, p.step-1, 0)
	places, _ := bits.Div64(hi+carry, lo, p.step)
	return int(places)
}
