package mixer

import "math"

// Level is in dBFS: 0 is full scale, ±1; silence is −∞. It does not follow AES17: the RMS of a
// full-scale sine is −3.01, that of a square wave 0.
type Level struct {
	Peak, RMS float64
}

// AES17 is what to add to an RMS for the convention in which a full-scale sine has 0.
const AES17 = 3.0102999566398120

// Reading is what a Meter measured since it was last read.
type Reading struct {
	Frames   uint64  // if 0, everything else is silence
	Clipped  uint64  // samples beyond full scale, which an output clips
	Overall  Level   // the highest peak, and the RMS of all samples
	Channels []Level // each channel
}

// Read stores a reading in r, reusing r.Channels if it has room.
func (m *Meter) Read(r *Reading) {
	if cap(r.Channels) < m.channels {
		r.Channels = make([]Level, m.channels)
	}
	r.Channels = r.Channels[:m.channels]
	if m.unread.Load() == nil {
		r.Frames, r.Clipped, r.Overall = 0, 0, level(0, 0, 0)
		for c := range r.Channels {
			r.Channels[c] = r.Overall
		}
		return
	}
	m.returned.Store(m.held)
	m.held = m.unread.Swap(nil)
	t := m.held
	r.Frames, r.Clipped = t.frames, t.clipped
	peak, squares := float32(0), 0.0
	for c := range r.Channels {
		peak = max(peak, t.peaks[c])
		squares += t.squares[c]
		r.Channels[c] = level(t.peaks[c], t.squares[c], t.frames)
	}
	r.Overall = level(peak, squares, t.frames*uint64(m.channels))
}

func level(peak float32, squares float64, samples uint64) Level {
	return Level{decibels(float64(peak)), decibels(math.Sqrt(squares / float64(max(samples, 1))))}
}
