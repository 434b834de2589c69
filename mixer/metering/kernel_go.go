package metering

// unit is how many samples a vector holds.
const unit = 8

// The kernels in plain Go. Those of float32 begin at sample at of n: vectors have done what is before. All round each
// product before they add it, as vectors do.

// levelsGo updates peaks and sums of each sample of a period, which is len(peaks) long.
func levelsGo(peaks []float32, sums, squares, products []float64, src []float32, at, n int) {
	j := at % len(peaks)
	for i := at; i < n; i++ {
		x, next := float64(src[i]), float64(src[i+1])
		sums[j] += x
		squares[j] += float64(x * x)
		products[j] += float64(x * next)
		if p := max(src[i], -src[i]); p > peaks[j] {
			peaks[j] = p
		}
		if j++; j == len(peaks) {
			j = 0
		}
	}
}

// samplesGo updates the peak of each sample of a period.
func samplesGo(peaks, src []float32, n int) {
	j := 0
	for _, x := range src[:n] {
		peaks[j] = max(peaks[j], x, -x)
		if j++; j == len(peaks) {
			j = 0
		}
	}
}

// quartersGo updates the peaks with samples and with what is at 1/4, 1/2 and 3/4 behind them.
func quartersGo(peaks, weights, work []float32, at, n, channels int) {
	j := at % len(peaks)
	for i := at; i < n; i++ {
		first, last := i, i+(taps-1)*channels
		var half, even, odd, x float32
		for k := 0; k < 3*pairs*unit; k += 3 * unit {
			x = work[last]
			s, d := x+work[first], x-work[first]
			half += float32(weights[k] * s)
			even += float32(weights[k+unit] * s)
			odd += float32(weights[k+2*unit] * d)
			first, last = first+channels, last-channels
		}
		peaks[j] = max(peaks[j], half, -half, max(even, -even)+max(odd, -odd), x, -x)
		if j++; j == len(peaks) {
			j = 0
		}
	}
}

// halvesGo updates the peaks with samples and with what is at 1/2 behind them.
func halvesGo(peaks, weights, work []float32, at, n, channels int) {
	j := at % len(peaks)
	for i := at; i < n; i++ {
		first, last := i, i+(taps-1)*channels
		var half, x float32
		for k := 0; k < 3*pairs*unit; k += 3 * unit {
			x = work[last]
			half += float32(weights[k] * (x + work[first]))
			first, last = first+channels, last-channels
		}
		peaks[j] = max(peaks[j], half, -half, x, -x)
		if j++; j == len(peaks) {
			j = 0
		}
	}
}

// weightGo filters frames of src and adds up the squares, for channels in groups of lanes.
func weightGo(states []float64, w *weighting, src []float32, frames, channels int) {
	for c := range channels {
		s := states[c/lanes*group+c%lanes:]
		s1, s2, t1, t2, sum := s[0], s[lanes], s[2*lanes], s[3*lanes], s[4*lanes]
		for i := c; i < frames*channels; i += channels {
			x := float64(src[i])
			y := float64(w.b0*x) + s1
			s1 = (float64(w.b1*x) - float64(w.a1*y)) + s2
			s2 = float64(w.b2*x) - float64(w.a2*y)
			z := y + t1
			t1 = t2 - (2*y + float64(w.c1*z))
			t2 = y - float64(w.c2*z)
			sum += float64(z * z)
		}
		s[0], s[lanes], s[2*lanes], s[3*lanes], s[4*lanes] = s1, s2, t1, t2, sum
	}
}
