package line

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// Meter measures what a program writes or reads, behind the controls of its own end, as
// long as somebody looks at it: in the ring, so that it knows nothing of lines. What a program
// reads has been through them all; what it writes goes through fader, which is for the meter
// alone.
//
//	program ─▶ ring ─┬─▶ play gain ─▶ record gain ─▶ ring ─┬─▶ program
//	                 └─▶ fader ─▶ meter            meter ◀─┘
//
// The engine's goroutine owns it, but for Look.
type Meter struct {
	meter    *mixer.Meter
	fader    *mixer.Fader // nil: the end reads
	encoding audio.Encoding
	channels int
	rate     int
	block    []float32
	left     atomic.Int64 // frames for which to go on
}

const (
	meterBlock  = 256 // frames at once
	meterLooked = 10  // seconds for which a look keeps a meter going
)

// NewMeter returns one for an end in a format with the positions that are meant, which plays, so
// that settings are those of what it writes, or reads.
func NewMeter(f audio.Format, plays bool, settings ...mixer.Setting) *Meter {
	m := &Meter{meter: mixer.NewMeter(f.Channels), encoding: f.Encoding, channels: f.Channels, rate: f.Rate, block: make([]float32, meterBlock*f.Channels)}
	if plays {
		m.fader = mixer.NewFaderFor(f, settings...)
	}
	return m
}

// Look reads and resets the meter, and keeps it going for some seconds more. From one goroutine
// at a time.
func (m *Meter) Look() (r mixer.Reading) {
	m.left.Store(int64(meterLooked * m.rate))
	m.meter.Read(&r)
	return r
}

// Fade brings other settings to the meter, between two cycles, on the engine's goroutine.
func (m *Meter) Fade(settings ...mixer.Setting) {
	if m.fader != nil {
		m.fader.Set(settings...)
	}
}

// watched is the meter of an end if somebody looks at it, else nil.
func (e *End) watched() *Meter {
	m := e.Meter.Load()
	if m == nil || m.left.Load() <= 0 {
		return nil
	}
	return m
}

// measure is for whole frames of the ring.
func (m *Meter) measure(frames []byte) {
	size := m.encoding.Bytes()
	m.left.Add(-int64(len(frames) / (size * m.channels)))
	for len(frames) > 0 {
		n := min(len(frames)/size, len(m.block))
		block := m.block[:n]
		m.encoding.Decode(block, frames[:n*size])
		frames = frames[n*size:]
		if m.fader != nil {
			m.fader.Apply(block, block)
		}
		m.meter.Measure(block)
	}
}
