package alarm

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// meter measures blocks. One goroutine at a time may use it; it does not allocate once it has read.
type meter interface {
	// Measure adds whole frames.
	Measure(frames []float32)
	// Read returns what came since it was called before. It reuses the slices of r.
	Read(r *Reading)
}

// newMeter returns what measures all that a condition needs.
func newMeter(_ *Condition, f audio.Format) meter { return newLevels(f.Channels) }

// Reading is what conditions of sound are found in: what came since the one before. It has the shape of that of package
// mixer/metering.
type Reading struct {
	Frames      uint64
	Channels    []Channel
	Correlation []float64 // of channels 1 and 2, 3 and 4, …; NaN where one of both is silent

	Momentary, ShortTerm, Integrated float64 // LUFS; −Inf: silence, or not enough yet
}

// Channel is what is measured of one channel; amplitudes, where 1 is full scale.
type Channel struct {
	Peak, RMS, DC float64
	Clipped       uint64 // samples at or beyond full scale
}

// levels measures peak, RMS, DC, clips and correlation.
type levels struct {
	channels int
	sums     []sums
	products []float64 // of pairs
	frames   int
}

// sums are of one channel.
type sums struct {
	peak           float32
	square, linear float64
	clipped        uint64
}

func newLevels(channels int) *levels {
	return &levels{channels: channels, sums: make([]sums, channels), products: make([]float64, channels/2)}
}

// Measure implements meter.
func (l *levels) Measure(frames []float32) {
	l.frames += len(frames) / l.channels
	for c := range l.sums {
		s := &l.sums[c]
		for i := c; i < len(frames); i += l.channels {
			v := frames[i]
			a := max(v, -v)
			s.peak = max(s.peak, a)
			s.square += float64(v) * float64(v)
			s.linear += float64(v)
			if a >= 1 {
				s.clipped++
			}
		}
	}
	for p := range l.products {
		sum := 0.0
		for i := 2 * p; i+1 < len(frames); i += l.channels {
			sum += float64(frames[i]) * float64(frames[i+1])
		}
		l.products[p] += sum
	}
}

// Read implements meter.
func (l *levels) Read(r *Reading) {
	r.Frames = uint64(l.frames)
	r.Channels, r.Correlation = r.Channels[:0], r.Correlation[:0]
	r.Momentary, r.ShortTerm, r.Integrated = math.Inf(-1), math.Inf(-1), math.Inf(-1)
	n := float64(max(1, l.frames))
	for _, s := range l.sums {
		r.Channels = append(r.Channels, Channel{float64(s.peak), math.Sqrt(s.square / n), s.linear / n, s.clipped})
	}
	for p, product := range l.products {
		r.Correlation = append(r.Correlation, product/math.Sqrt(l.sums[2*p].square*l.sums[2*p+1].square))
	}
	l.frames = 0
	clear(l.sums)
	clear(l.products)
}
