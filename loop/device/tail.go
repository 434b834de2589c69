package device

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/backend"
)

// tail tracks sound that the device still holds after the engine wrote it. A device without clients
// runs on until all of it is played:
//
//	last client leaves         lastSound + delay
//	────────┬───────────────────────────┬──────▶
//	        │ silence is written        │ Stop
type tail struct {
	device    backend.Delayer // nil: no delay
	delay     [2]atomic.Uint32
	lastSound uint64 // position of the last tick with sound
	readAt    uint64 // position at which delay was read
	hasSound  bool   // lastSound is valid
}

// reset forgets the sound of an earlier run.
func (t *tail) reset() { t.readAt, t.hasSound = 0, false }

// readDelay reads the delay of the device.
func (t *tail) readDelay(position uint64) {
	if t.device == nil {
		return
	}
	play, record := t.device.Delay()
	t.delay[playing].Store(uint32(play))
	t.delay[recording].Store(uint32(record))
	t.readAt = position
}

// refreshDelay reads the delay at first and once a second, because it changes.
func (t *tail) refreshDelay(position, rate uint64) {
	if t.readAt == 0 || position-t.readAt >= rate {
		t.readDelay(position)
	}
}

// noteSound records that sound was written at a position.
func (t *tail) noteSound(position uint64) { t.lastSound, t.hasSound = position, true }

// holds reports whether written sound is still to be played, by the last known delay.
func (t *tail) holds(position uint64) bool {
	return t.hasSound && position <= t.lastSound+uint64(t.delay[playing].Load())
}

// sounds reports whether written sound is still to be played, by the longest delay read since.
func (t *tail) sounds(position uint64) bool {
	was := t.delay[playing].Load()
	t.readDelay(position)
	t.delay[playing].Store(max(was, t.delay[playing].Load()))
	return t.hasSound && position < t.lastSound+uint64(t.delay[playing].Load())
}
