package metering

import "math"

// levels measures peak, RMS, DC, correlation, clips and silence.
//
// The kernel keeps sums for each sample of a period: the least number of frames that fills vectors. A chunk begins at the
// start of a period.
type levels struct {
	channels int
	period   int // samples
	quiet    float32

	peaks    []float32 // of the chunk, by sample of a period
	sums     []float64 // since read, by sample of a period, as all below
	squares  []float64
	products []float64 // with the sample behind

	block   []float32 // peaks of the chunk, by channel
	peak    []float32 // since read, by channel, as all below
	clipped []uint64
	silence []uint64 // frames
}

func newLevels(channels int) *levels {
	l := &levels{channels: channels, period: period(channels), quiet: DefaultQuiet}
	l.peaks = make([]float32, l.period)
	all := make([]float64, 3*l.period)
	l.sums, l.squares, l.products = all[:l.period], all[l.period:2*l.period], all[2*l.period:]
	both := make([]float32, 2*channels)
	l.block, l.peak = both[:channels], both[channels:]
	counts := make([]uint64, 2*channels)
	l.clipped, l.silence = counts[:channels], counts[channels:]
	return l
}

// period returns the least common multiple of a number of channels and the samples of a vector.
func period(channels int) int {
	n := channels
	for n%unit != 0 {
		n += channels
	}
	return n
}

// measure counts the first n samples of src, which goes on for at least padding.
func (l *levels) measure(src []float32, n int) {
	clear(l.peaks)
	at := levelsVector(l.peaks, l.sums, l.squares, l.products, src, n)
	levelsGo(l.peaks, l.sums, l.squares, l.products, src, at, n)
	clear(l.block)
	c, loudest := 0, float32(0)
	for _, p := range l.peaks {
		loudest = max(loudest, p)
		l.block[c] = max(l.block[c], p)
		if c++; c == l.channels {
			c = 0
		}
	}
	if loudest >= FullScale {
		l.clips(src[:n])
	}
	for c, p := range l.block {
		l.peak[c] = max(l.peak[c], p)
		if p > l.quiet {
			l.silence[c] = l.since(src[:n], c)
		} else {
			l.silence[c] += uint64(n / l.channels)
		}
	}
}

// clips counts samples of full scale.
func (l *levels) clips(src []float32) {
	c := 0
	for _, x := range src {
		if max(x, -x) >= FullScale {
			l.clipped[c]++
		}
		if c++; c == l.channels {
			c = 0
		}
	}
}

// since returns the frames of a channel behind the last sample that is no silence.
func (l *levels) since(src []float32, c int) (frames uint64) {
	for i := len(src) - l.channels + c; i >= 0 && max(src[i], -src[i]) <= l.quiet; i -= l.channels {
		frames++
	}
	return frames
}

// read stores what came since the previous read.
func (l *levels) read(r *Reading) {
	frames := float64(max(1, r.Frames))
	for c := range r.Channels {
		r.Channels[c] = Channel{Peak: float64(l.peak[c]), RMS: math.Sqrt(l.total(l.squares, c) / frames),
			DC: l.total(l.sums, c) / frames, Clipped: l.clipped[c], Silence: l.silence[c]}
	}
	for i := range r.Correlation {
		if both := math.Sqrt(l.total(l.squares, 2*i) * l.total(l.squares, 2*i+1)); both > 0 {
			r.Correlation[i] = max(-1, min(1, l.total(l.products, 2*i)/both))
		}
	}
	clear(l.sums)
	clear(l.squares)
	clear(l.products)
	clear(l.peak)
	clear(l.clipped)
}

// total adds up what a period has of a channel.
func (l *levels) total(sums []float64, c int) (total float64) {
	for i := c; i < l.period; i += l.channels {
		total += sums[i]
	}
	return total
}
