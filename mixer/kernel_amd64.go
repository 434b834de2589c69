package mixer

import "golang.org/x/sys/cpu"

// vectors reports whether this processor supports the kernels.
func vectors() bool { return cpu.X86.HasAVX }

// whole returns how many of n samples the kernels handle.
func whole(n int) int {
	if !vectors() {
		return 0
	}
	return n / unit * unit
}

func addVector(dst, src []float32) int {
	n := whole(len(src))
	if n > 0 {
		addAVX(&dst[:n][0], &src[0], n)
	}
	return n
}

func scaleVector(dst, src []float32, s *shape) int {
	n := whole(len(src))
	if n > 0 {
		scaleAVX(&dst[:n][0], &src[0], n, &s.to[0], s.short)
	}
	return n
}

func scaleAddVector(dst, src []float32, s *shape) int {
	n := whole(len(src))
	if n > 0 {
		scaleAddAVX(&dst[:n][0], &src[0], n, &s.to[0], s.short)
	}
	return n
}

func slideVector(dst, src []float32, s *shape) int {
	n := whole(len(src))
	if n > 0 {
		slideAVX(&dst[:n][0], &src[0], n, &s.to[0], &s.step[0], &s.offset[0], len(s.to), s.left, s.frames)
	}
	return n
}

func slideAddVector(dst, src []float32, s *shape) int {
	n := whole(len(src))
	if n > 0 {
		slideAddAVX(&dst[:n][0], &src[0], n, &s.to[0], &s.step[0], &s.offset[0], len(s.to), s.left, s.frames)
	}
	return n
}

func measureVector(peak []float32, squares []float64, src []float32) int {
	n := whole(len(src))
	if n > 0 {
		measureAVX(&peak[0], &squares[0], &src[0], n, len(peak))
	}
	return n
}

// The kernels, in kernel_amd64.s. n and period, the length of to, step, offset, peak and squares,
// are positive multiples of unit.

//go:noescape
func addAVX(dst, src *float32, n int)

//go:noescape
func scaleAVX(dst, src *float32, n int, to *float32, period int)

//go:noescape
func scaleAddAVX(dst, src *float32, n int, to *float32, period int)

//go:noescape
func slideAVX(dst, src *float32, n int, to, step, offset *float32, period int, left, frames float32)

//go:noescape
func slideAddAVX(dst, src *float32, n int, to, step, offset *float32, period int, left, frames float32)

//go:noescape
func measureAVX(peak *float32, squares *float64, src *float32, n, period int)
