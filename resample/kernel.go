package resample

// unit is how many taps the kernels take at a time.
const unit = 8

// kernel computes one output frame. All kernels of a platform give the same results to the bit:
// they round products before adding them.
type kernel struct {
	// blend interpolates len(coef) coefficients between four rows, stride apart.
	blend func(coef, rows []float64, stride int, w *[4]float64)
	// dot returns the sums of the products of coef with l and with r.
	dot func(coef, l, r []float64) (float64, float64)
}

var portable = kernel{blendGo, dotGo}

func blendGo(coef, rows []float64, stride int, w *[4]float64) {
	a := rows[:len(coef)]
	b := rows[stride:][:len(coef)]
	c := rows[2*stride:][:len(coef)]
	d := rows[3*stride:][:len(coef)]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for i := range coef {
		coef[i] = float64(float64(float64(w0*a[i])+float64(w1*b[i]))+float64(w2*c[i])) + float64(w3*d[i])
	}
}

// dotGo adds in the order of a vector of eight.
func dotGo(coef, l, r []float64) (float64, float64) { return sum(coef, l), sum(coef, r) }

func sum(coef, x []float64) float64 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float64
	for len(coef) >= unit && len(x) >= unit {
		s0 += float64(coef[0] * x[0])
		s1 += float64(coef[1] * x[1])
		s2 += float64(coef[2] * x[2])
		s3 += float64(coef[3] * x[3])
		s4 += float64(coef[4] * x[4])
		s5 += float64(coef[5] * x[5])
		s6 += float64(coef[6] * x[6])
		s7 += float64(coef[7] * x[7])
		coef, x = coef[unit:], x[unit:]
	}
	return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}
