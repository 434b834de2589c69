package mixer

func scaleGo(dst, src []float32, s *shape, at int) {
	j := at % len(s.to)
	for i := at; i < len(src); i++ {
		dst[i] = src[i] * s.to[j]
		if j++; j == len(s.to) {
			j = 0
		}
	}
}

func scaleAddGo(dst, src []float32, s *shape, at int) {
	j := at % len(s.to)
	for i := at; i < len(src); i++ {
		dst[i] += float32(src[i] * s.to[j])
		if j++; j == len(s.to) {
			j = 0
		}
	}
}

func slideGo(dst, src []float32, s *shape, at int) {
	j, left := s.from(at)
	for i := at; i < len(src); i++ {
		level := s.to[j] + float32(s.step[j]*(left-s.offset[j]))
		dst[i] = float32(src[i] * level)
		if j++; j == len(s.to) {
			j, left = 0, left-s.frames
		}
	}
}

func slideAddGo(dst, src []float32, s *shape, at int) {
	j, left := s.from(at)
	for i := at; i < len(src); i++ {
		level := s.to[j] + float32(s.step[j]*(left-s.offset[j]))
		dst[i] += float32(src[i] * level)
		if j++; j == len(s.to) {
			j, left = 0, left-s.frames
		}
	}
}

// from returns the index of sample at in its period, and the frames left where that begins.
func (s *shape) from(at int) (j int, left float32) {
	return at % len(s.to), s.left - float32(at/len(s.to))*s.frames
}

// measureGo updates the peak and the sum of squares of each sample of a period, which is len(peak)
// long.
func measureGo(peak []float32, squares []float64, src []float32, at int) {
	j := at % len(peak)
	for _, x := range src[at:] {
		y := float64(x)
		squares[j] += y * y // exact: 48 bits
		if x < 0 {
			x = -x
		}
		if x > peak[j] {
			peak[j] = x
		}
		if j++; j == len(peak) {
			j = 0
		}
	}
}
