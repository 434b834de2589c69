package device

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// meters measures what a device plays and records, after its controls, while a program reads it.
type meters struct {
	sides   [2]*mixer.Meter
	watched atomic.Int32 // cycles left to measure

	mu       sync.Mutex // guards readings
	readings [2]mixer.Reading
}

// watchCycles is for how many cycles one read keeps the meters going.
const watchCycles = 1000

// newMeters takes the number of channels of each side.
func newMeters(play, record int) *meters {
	return &meters{sides: [...]*mixer.Meter{playing: mixer.NewMeter(play), recording: mixer.NewMeter(record)}}
}

// Levels is what a device played and recorded since the previous read; empty at first.
type Levels struct {
	Play, Record mixer.Reading
}

// Levels reads and resets the meters. Any goroutine but the engine's may call it.
func (d *Device) Levels() Levels {
	m := d.meters
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watched.Store(watchCycles)
	for n, meter := range m.sides {
		meter.Read(&m.readings[n])
	}
	play, record := m.readings[playing], m.readings[recording]
	play.Channels, record.Channels = slices.Clone(play.Channels), slices.Clone(record.Channels)
	return Levels{Play: play, Record: record}
}

// Probe returns what hears a side after its controls, with room for so much sound if it has to be made; nil: the device
// has no such side. It hears until it is closed. Any goroutine but the engine's may call it.
func (d *Device) Probe(side audio.Direction, room time.Duration) *mixer.Probe {
	bus := d.Bus(side)
	if bus == nil {
		return nil
	}
	m := d.meters
	m.mu.Lock()
	defer m.mu.Unlock()
	meter := m.sides[side.Index()]
	p := meter.Probe()
	if p == nil {
		p = mixer.NewProbe(bus.Format(), room)
		meter.SetProbe(p)
	}
	return p
}

// heard reports whether somebody hears a side.
func (m *meters) heard(side audio.Direction) bool {
	meter := m.sides[side.Index()]
	return meter != nil && meter.Probe() != nil
}

// measure measures one side in one cycle.
func (m *meters) measure(n int, b *mixer.Bus) {
	if m.watched.Load() > 0 || m.sides[n].Probe() != nil {
		b.Measure(m.sides[n])
	}
}

// countCycle counts down toward the end of measuring.
func (m *meters) countCycle() {
	if m.watched.Load() > 0 {
		m.watched.Add(-1)
	}
}
