package metering

const (
	unit = 8   // samples that a vector holds
	row  = 128 // samples that are interpolated at a time
)

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
	var half, even, odd [row]float32
	j := at % len(peaks)
	for ; at < n; at += row {
		m := min(row, n-at)
		clear(half[:m])
		clear(even[:m])
		clear(odd[:m])
		var last []float32
		for k := range pairs {
			h, e, o := weights[3*k*unit], weights[(3*k+1)*unit], weights[(3*k+2)*unit]
			first := work[at+k*channels:][:m]
			last = work[at+(taps-1-k)*channels:][:m]
			for i, y := range first {
				s, d := last[i]+y, last[i]-y
				half[i] += float32(h * s)
				even[i] += float32(e * s)
				odd[i] += float32(o * d)
			}
		}
		for i, x := range last {
			peaks[j] = max(peaks[j], half[i], -half[i], max(even[i], -even[i])+max(odd[i], -odd[i]), x, -x)
			if j++; j == len(peaks) {
				j = 0
			}
		}
	}
}

// halvesGo updates the peaks with samples and with what is at 1/2 behind them.
func halvesGo(peaks, weights, work []float32, at, n, channels int) {
	var half [row]float32
	j := at % len(peaks)
	for ; at < n; at += row {
		m := min(row, n-at)
		clear(half[:m])
		var last []float32
		for k := range pairs {
			h := weights[3*k*unit]
			first := work[at+k*channels:][:m]
			last = work[at+(taps-1-k)*channels:][:m]
			for i, y := range first {
				half[i] += float32(h * (last[i] + y))
			}
		}
		for i, x := range last {
			peaks[j] = max(peaks[j], half[i], -half[i], x, -x)
			if j++; j == len(peaks) {
				j = 0
			}
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
