package resample

import "golang.org/x/sys/cpu"

// fastest returns the AVX kernel if the processor supports it.
func fastest() kernel {
	if cpu.X86.HasAVX {
		return kernel{blendVector, dotVector}
	}
	return portable
}

func blendVector(coef, rows []float64, stride int, w *[4]float64) {
	_ = rows[3*stride+len(coef)-1]
	blendAVX(&coef[0], &rows[0], stride, w, len(coef))
}

func dotVector(coef, l, r []float64) (float64, float64) {
	_, _ = l[len(coef)-1], r[len(coef)-1]
	return dotAVX(&coef[0], &l[0], &r[0], len(coef))
}

// blendAVX is blendGo for n coefficients, a multiple of unit.
//
//go:noescape
func blendAVX(coef, rows *float64, stride int, w *[4]float64, n int)

// dotAVX is dotGo for n coefficients, a multiple of unit.
//
//go:noescape
func dotAVX(coef, l, r *float64, n int) (suml, sumr float64)
