package mixer

// Add adds src to the start of dst, sample by sample. They must not overlap.
func Add(dst, src []float32) {
	dst = dst[:len(src)]
	n := addVector(dst, src)
	for i := n; i < len(src); i++ {
		dst[i] += src[i]
	}
}

// beyond returns how many samples are outside ±1.
func beyond(block []float32) (n int) {
	for _, x := range block {
		if x > 1 || x < -1 {
			n++
		}
	}
	return n
}
