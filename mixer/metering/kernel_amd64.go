package metering

import "golang.org/x/sys/cpu"

// whole returns how many of n samples the kernels handle.
func whole(n int) int {
	if !cpu.X86.HasAVX {
		return 0
	}
	return n / unit * unit
}

func levelsVector(peaks []float32, sums, squares, products []float64, src []float32, n int) int {
	n = whole(n)
	if n > 0 {
		_ = src[n] // read as the sample behind
		levelsAVX(&peaks[0], &sums[0], &squares[0], &products[0], &src[0], n, len(peaks))
	}
	return n
}

func quartersVector(peaks, weights, work []float32, n, channels int) int {
	n = whole(n)
	if n > 0 {
		_ = work[n+(taps-1)*channels-1]
		quartersAVX(&peaks[0], &weights[0], &work[0], n, len(peaks), channels)
	}
	return n
}

func halvesVector(peaks, weights, work []float32, n, channels int) int {
	n = whole(n)
	if n > 0 {
		_ = work[n+(taps-1)*channels-1]
		halvesAVX(&peaks[0], &weights[0], &work[0], n, len(peaks), channels)
	}
	return n
}

// weightVector reports false where there are no vectors. It reads up to lanes − 1 samples behind the frames.
func weightVector(states []float64, w *weighting, src []float32, frames, channels int) bool {
	if !cpu.X86.HasAVX {
		return false
	}
	_ = src[frames*channels+lanes-2]
	weightAVX(&states[0], &w.wide[0], &src[0], frames, channels, len(states)/group)
	return true
}

// The kernels, in kernel_amd64.s. n and period, the length of peaks and sums, are positive multiples of unit.

//go:noescape
func levelsAVX(peaks *float32, sums, squares, products *float64, src *float32, n, period int)

//go:noescape
func quartersAVX(peaks, weights, work *float32, n, period, channels int)

//go:noescape
func halvesAVX(peaks, weights, work *float32, n, period, channels int)

//go:noescape
func weightAVX(states, wide *float64, src *float32, frames, channels, groups int)
