package metering

import "math"

const (
	// FullScale is the amplitude from which on a sample counts as clipped: the largest of 16 bits that an encoder reaches
	// on both sides.
	FullScale = 32767.0 / 32768
	// DefaultQuiet is the amplitude at and below which a sample is silence, unless SetQuiet says otherwise: −60 dBFS.
	DefaultQuiet = 0.001
)

// Reading is what a Meter has measured.
type Reading struct {
	Frames   uint64    // since the previous Read
	Channels []Channel // each of them
	// Correlation of channels 1 and 2, 3 and 4, … since the previous Read: 1 alike, −1 inverted, 0 unrelated; NaN where
	// one of both is silent.
	Correlation []float64

	// In LUFS; −Inf: silence, or not enough yet.
	Momentary  float64 // of the last 0.4 s
	ShortTerm  float64 // of the last 3 s
	Integrated float64 // gated, since Reset
	// Range is the loudness range in LU since Reset, 0 if there was not enough yet.
	Range float64
	// The maxima since Reset, in LUFS.
	MaxMomentary, MaxShortTerm float64
}

// Channel is what was measured of one channel. Peak, RMS, TruePeak, DC and Clipped count what came since the previous
// Read. The first five are amplitudes: full scale is 1, see DBFS.
type Channel struct {
	Peak, RMS   float64
	TruePeak    float64 // not less than Peak, if that is measured
	MaxTruePeak float64 // since Reset
	DC          float64 // the mean: it has a sign
	Clipped     uint64  // samples of FullScale or more
	Silence     uint64  // frames since a sample that was not silence
}

// DBFS returns an amplitude in dB below full scale, −Inf for 0. The sign of the amplitude does not count.
func DBFS(amplitude float64) float64 { return 20 * math.Log10(math.Abs(amplitude)) }

// Read stores a reading in r, reusing its slices if they have room, and begins the next one.
func (m *Meter) Read(r *Reading) {
	if cap(r.Channels) < m.channels || cap(r.Correlation) < m.channels/2 {
		r.Channels = make([]Channel, m.channels)
		r.Correlation = make([]float64, m.channels/2)
	}
	none := silence()
	*r = Reading{Frames: m.frames, Channels: r.Channels[:m.channels], Correlation: r.Correlation[:m.channels/2],
		Momentary: none, ShortTerm: none, Integrated: none, MaxMomentary: none, MaxShortTerm: none}
	clear(r.Channels)
	for i := range r.Correlation {
		r.Correlation[i] = math.NaN()
	}
	if m.levels != nil {
		m.levels.read(r)
	}
	if m.between != nil {
		m.between.read(r)
	}
	if m.loudness != nil {
		m.loudness.read(r)
	}
	m.frames = 0
}
