package metering

import "github.com/loopbridge/loopbridge/audio"

// Want is what a Meter measures. What is not wanted costs nothing, and reads as zero or as silence.
type Want uint8

// The values of Want, which add up.
const (
	Levels   Want = 1 << iota // peak, RMS, DC, clips, silence, correlation
	TruePeak                  // peaks between samples
	Loudness                  // of all channels together
)

const (
	chunk   = 4096 // samples at most that are measured at a time: they stay in the first cache
	padding = 8    // samples behind a chunk, which vectors may read
)

// Meter measures one stream. It is for one goroutine at a time.
type Meter struct {
	channels int
	frames   uint64    // since Read
	most     int       // samples of a chunk
	work     []float32 // the end of what was before, a chunk, and padding
	past     int       // samples of what was before

	levels   *levels   // nil: not wanted
	between  *between  // nil: not wanted
	loudness *loudness // nil: not wanted
}

// New returns a meter for frames of f, of which rate, channels and positions count; they must be valid. It takes about
// 20 kB, and 70 kB more for Loudness.
func New(f audio.Format, want Want) *Meter {
	m := &Meter{channels: f.Channels, most: chunk / f.Channels * f.Channels}
	if want&Levels != 0 {
		m.levels = newLevels(f.Channels)
	}
	if want&TruePeak != 0 {
		m.between = newBetween(f)
		m.past = m.between.past()
	}
	if want&Loudness != 0 {
		m.loudness = newLoudness(f)
	}
	m.work = make([]float32, m.past+m.most+padding)
	return m
}

// Measure counts whole frames, any number of them. Samples must be finite.
func (m *Meter) Measure(frames []float32) {
	m.frames += uint64(len(frames) / m.channels)
	for len(frames) > 0 {
		n := copy(m.work[m.past:m.past+m.most], frames)
		frames = frames[n:]
		m.measure(n)
	}
}

// Silence counts so many frames of silence.
func (m *Meter) Silence(frames int) {
	m.frames += uint64(frames)
	for samples := frames * m.channels; samples > 0; {
		n := min(samples, m.most)
		clear(m.work[m.past : m.past+n])
		samples -= n
		m.measure(n)
	}
}

// measure measures the n samples that have been stored in the work area, and moves their end to its beginning.
func (m *Meter) measure(n int) {
	if m.levels != nil {
		m.levels.measure(m.work[m.past:], n)
	}
	if m.between != nil {
		m.between.measure(m.work, n)
	}
	if m.loudness != nil {
		m.loudness.measure(m.work[m.past:], n)
	}
	copy(m.work[:m.past], m.work[n:])
}

// SetQuiet sets the amplitude at and below which a sample counts as silence, in place of DefaultQuiet, from the next block
// on.
func (m *Meter) SetQuiet(amplitude float64) {
	if m.levels != nil {
		m.levels.quiet = float32(amplitude)
	}
}

// Reset begins integrated loudness, loudness range, and all maxima anew. The windows of momentary and short-term loudness
// go on, and so does what comes until the next Read.
func (m *Meter) Reset() {
	if m.between != nil {
		m.between.reset()
	}
	if m.loudness != nil {
		m.loudness.reset()
	}
}
