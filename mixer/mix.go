package mixer

// Add adds src to the start of dst, sample by sample. They must not overlap.
func Add(dst, src []float32) {
	dst = dst[:len(src)]
	n := addVector(dst, src)
	for i := n; i < len(src); i++ {
		dst[i] += src[i]
	}
}

// Sum sets dst to the sum of the sources, added in order, or to silence if there are none. A
// source shorter than dst is silent after its end. No source may be longer or overlap dst.
func Sum(dst []float32, sources [][]float32) {
	if len(sources) == 0 {
		clear(dst)
		return
	}
	n := len(sources[0])
	copy(dst[:n], sources[0])
	clear(dst[n:])
	for _, src := range sources[1:] {
		Add(dst, src)
	}
}

// Clip limits samples to ±1, full scale included, turns NaN into silence, and returns how many
// samples it changed. Only float outputs need it: integers saturate in audio.Encoding.Encode.
func Clip(block []float32) (clipped int) {
	for len(block) > 0 {
		block = block[withinVector(block):]
		n := min(len(block), clipGroup)
		clipped += clipGo(block[:n])
		block = block[n:]
	}
	return clipped
}

// clipGroup is how many samples Clip checks at a time.
const clipGroup = 16

func clipGo(block []float32) (clipped int) {
	for i, x := range block {
		switch {
		case x >= -1 && x <= 1:
			continue
		case x > 1:
			block[i] = 1
		case x < -1:
			block[i] = -1
		default:
			block[i] = 0
		}
		clipped++
	}
	return clipped
}

// beyond returns how many samples Clip would change.
func beyond(block []float32) (n int) {
	for _, x := range block {
		if !(x >= -1 && x <= 1) {
			n++
		}
	}
	return n
}
