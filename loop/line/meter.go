package line

import (
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// Meter measures what a program writes or reads, after the controls of its own end, while a program
// looks at it. It measures in the ring: what a program reads has passed all faders; what it writes
// passes one that belongs to the meter.
//
//	program ─▶ ring ─┬─▶ play gain ─▶ record gain ─▶ ring ─┬─▶ program
//	                 └─▶ fader ─▶ meter            meter ◀─┘
//
// All methods but Look and Probe are for the engine's goroutine.
type Meter struct {
	meter  *mixer.Meter
	fader  *mixer.Fader // nil: the end reads
	format audio.Format
	block  []float32
	left   atomic.Int64 // frames left to measure
}

const (
	meterBlock  = 256 // frames measured at a time
	meterLooked = 10  // seconds for which one Look keeps the meter going
)

// NewMeter returns a meter for an end. f has the effective positions; plays: the program writes,
// through settings.
func NewMeter(f audio.Format, plays bool, settings ...mixer.Setting) *Meter {
	m := &Meter{
		meter: mixer.NewMeter(f.Channels), block: make([]float32, meterBlock*f.Channels),
		format: f,
	}
	if plays {
		m.fader = mixer.NewFaderFor(f, settings...)
	}
	return m
}

// Look reads and resets the meter, and keeps it going for some seconds. One goroutine at a time may
// call it.
func (m *Meter) Look() (r mixer.Reading) {
	m.left.Store(int64(meterLooked * m.format.Rate))
	m.meter.Read(&r)
	return r
}

// Probe returns what hears the frames that are measured, with room for so much sound if it has to be made. It hears
// until it is closed. One goroutine at a time may call it.
func (m *Meter) Probe(room time.Duration) *mixer.Probe {
	p := m.meter.Probe()
	if p == nil {
		p = mixer.NewProbe(m.format, room)
		m.meter.SetProbe(p)
	}
	return p
}

// Fade changes the settings, between two cycles.
func (m *Meter) Fade(settings ...mixer.Setting) {
	if m.fader != nil {
		m.fader.Set(settings...)
	}
}

// watched returns the meter of an end while a program looks at it, else nil.
func (e *End) watched() *Meter {
	m := e.Meter.Load()
	if m == nil || m.left.Load() <= 0 && m.meter.Probe() == nil {
		return nil
	}
	return m
}

// measure measures whole frames of the ring.
func (m *Meter) measure(frames []byte) {
	size := m.format.Encoding.Bytes()
	m.left.Add(-int64(len(frames) / (size * m.format.Channels)))
	for len(frames) > 0 {
		n := min(len(frames)/size, len(m.block))
		block := m.block[:n]
		m.format.Encoding.Decode(block, frames[:n*size])
		frames = frames[n*size:]
		if m.fader != nil {
			m.fader.Apply(block, block)
		}
		m.meter.Measure(block)
	}
}
