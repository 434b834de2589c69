package device

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/mixer"
)

// meters measure what a device plays and records, behind its controls, as long as somebody
// looks at them.
type meters struct {
	sides   [2]*mixer.Meter
	watched atomic.Int32 // cycles for which to go on

	mu       sync.Mutex // of those who read
	readings [2]mixer.Reading
}

// watch is for how many cycles a look at the meters keeps them going.
const watch = 1000

// newMeters takes the channels of each side.
func newMeters(play, record int) *meters {
	return &meters{sides: [...]*mixer.Meter{playing: mixer.NewMeter(play), recording: mixer.NewMeter(record)}}
}

// Levels are what a device has played and recorded since they were read before; nothing
// at the first look.
type Levels struct {
	Play, Record mixer.Reading
}

// Levels reads the meters, and resets them. From any goroutine but the engine's.
func (d *Device) Levels() Levels {
	m := d.meters
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watched.Store(watch)
	for n, meter := range m.sides {
		meter.Read(&m.readings[n])
	}
	play, record := m.readings[playing], m.readings[recording]
	play.Channels, record.Channels = slices.Clone(play.Channels), slices.Clone(record.Channels)
	return Levels{Play: play, Record: record}
}

// measure is one side in one cycle.
func (m *meters) measure(n int, b *mixer.Bus) {
	if m.watched.Load() > 0 {
		b.Measure(m.sides[n])
	}
}

// passed counts a cycle.
func (m *meters) passed() {
	if m.watched.Load() > 0 {
		m.watched.Add(-1)
	}
}
