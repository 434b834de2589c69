package resample

import (
	"math"
	"math/bits"
)

// place is where the next output frame lies: at a frame of input, which others count, and
// a fraction of it. One frame is a number of parts below 2⁵², a multiple of the
// denominator of the nominal step, which is therefore exact.
type place struct {
	frame    uint64 // in parts, as all that follows
	fraction uint64 // below frame
	nominal  uint64
	step     uint64  // the nominal, adjusted
	scale    float64 // 1 ÷ frame
	whole    int     // frames in a step,
	part     uint64  // and the rest
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

// adjust makes the step a little other than the nominal.
func (p *place) adjust(factor float64) {
	p.step = p.nominal
	if factor != 1 {
		p.step = uint64(math.Round(float64(p.nominal) * factor))
	}
	p.whole, p.part = int(p.step/p.frame), p.step%p.frame
}

// next goes on by a step and returns how many frames.
func (p *place) next() int {
	p.fraction += p.part
	if p.fraction < p.frame {
		return p.whole
	}
	p.fraction -= p.frame
	return p.whole + 1
}

// phase is the fraction as one of n phases and a rest of 0 to 1.
func (p *place) phase(n int) (int, float64) {
	exact := float64(p.fraction) * p.scale * float64(n)
	phase := min(int(exact), n-1)
	return phase, exact - float64(phase)
}

// after is how many frames ahead the place is n steps on.
func (p *place) after(n int) int {
	hi, lo := bits.Mul64(p.step, uint64(n))
	lo, carry := bits.Add64(lo, p.fraction, 0)
	frames, _ := bits.Div64(hi+carry, lo, p.frame)
	return int(frames)
}

// before is how many places there are in the next n frames: ⌈(n − fraction) ÷ step⌉.
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
