package flac

import (
	"math"
)

const (
	lpcOrder = 8
	// Bits of a coefficient, by those of a sample.
	precision16 = 12
	precision24 = 14
	maxShift    = 15
)

// lpc finds the linear predictor of a whole block: the coefficients that leave the least power (the method of
// autocorrelation, solved by Levinson and Durbin), as integers. It does not allocate.
type lpc struct {
	window [blockFrames]float64
	x      [blockFrames + lpcOrder]float64 // zeros in front
	coeffs [lpcOrder]int32
	shift  uint
}

// newLPC makes the window, which is that of Welch: a parabola.
func newLPC() *lpc {
	l := &lpc{}
	for i := range l.window {
		at := (float64(i) - (blockFrames-1)/2.) / ((blockFrames + 1) / 2.)
		l.window[i] = 1 - at*at
	}
	return l
}

// find finds a predictor, and reports whether there is one that is of use.
func (l *lpc) find(samples []int32, precision uint) bool {
	x := l.x[lpcOrder:]
	for i, v := range samples {
		x[i] = float64(v) * l.window[i]
	}
	r := l.autocorrelation()
	if r[0] == 0 {
		return false
	}
	a, ok := solve(&r)
	return ok && l.quantise(&a, precision)
}

// autocorrelation returns the sums of products of samples that are 0 … lpcOrder apart.
func (l *lpc) autocorrelation() (r [lpcOrder + 1]float64) {
	var r0, r1, r2, r3, r4, r5, r6, r7, r8 float64
	for i := range blockFrames {
		x := l.x[i : i+lpcOrder+1 : i+lpcOrder+1]
		v := x[8]
		r0 += v * v
		r1 += v * x[7]
		r2 += v * x[6]
		r3 += v * x[5]
		r4 += v * x[4]
		r5 += v * x[3]
		r6 += v * x[2]
		r7 += v * x[1]
		r8 += v * x[0]
	}
	return [...]float64{r0, r1, r2, r3, r4, r5, r6, r7, r8}
}

// solve returns the coefficients for an autocorrelation.
func solve(r *[lpcOrder + 1]float64) (a [lpcOrder]float64, ok bool) {
	power := r[0]
	for i := range lpcOrder {
		k := r[i+1]
		for j := range i {
			k -= a[j] * r[i-j]
		}
		k /= power
		before := a
		a[i] = k
		for j := range i {
			a[j] = before[j] - k*before[i-1-j]
		}
		if power *= 1 - k*k; !(power > 0) {
			return a, false // a sound that fewer coefficients foretell: a fixed predictor does, too, or nearly
		}
	}
	return a, true
}

// quantise makes integers of coefficients; what is lost of one is added to the next.
func (l *lpc) quantise(a *[lpcOrder]float64, precision uint) bool {
	most := 0.0
	for _, v := range a {
		most = max(most, math.Abs(v))
	}
	_, exponent := math.Frexp(most) // most < 2^exponent
	shift := min(int(precision)-1-exponent, maxShift)
	if shift < 0 || most == 0 {
		return false
	}
	l.shift = uint(shift)
	limit, lost := float64(int(1)<<(precision-1)), 0.0
	for i, v := range a {
		v = v*float64(int(1)<<shift) + lost
		q := max(-limit, min(limit-1, math.Round(v)))
		l.coeffs[i], lost = int32(q), v-q
	}
	return true
}

// residual writes what the predictor leaves of x, without the first ones, to r, and reports whether it is small enough.
func (l *lpc) residual(r, x []int32) bool {
	c0, c1, c2, c3 := int64(l.coeffs[0]), int64(l.coeffs[1]), int64(l.coeffs[2]), int64(l.coeffs[3])
	c4, c5, c6, c7 := int64(l.coeffs[4]), int64(l.coeffs[5]), int64(l.coeffs[6]), int64(l.coeffs[7])
	shift, all := l.shift, int64(0)
	for i := range r {
		h := x[i : i+lpcOrder+1 : i+lpcOrder+1]
		sum := c0*int64(h[7]) + c1*int64(h[6]) + c2*int64(h[5]) + c3*int64(h[4]) +
			c4*int64(h[3]) + c5*int64(h[2]) + c6*int64(h[1]) + c7*int64(h[0])
		d := int64(h[8]) - sum>>shift
		r[i] = int32(d)
		all |= d ^ d>>63
	}
	return all < 1<<29
}

// write writes the coefficients.
func (l *lpc) write(w *bitWriter, precision uint) {
	w.put(uint64(precision-1), 4)
	w.put(uint64(l.shift), 5)
	for _, c := range l.coeffs {
		w.putSigned(c, precision)
	}
}

// precisionOf returns the bits of coefficients for samples of so many bits.
func precisionOf(size uint) uint {
	if size > 17 {
		return precision24
	}
	return precision16
}
