package device

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/backend"
)

// tail is the sound that a device holds after the engine has written it. A device that
// nobody uses any more runs on until it is heard:
//
//	last client leaves           sounded + delay
//	────────┬───────────────────────────┬──────▶
//	        │ silence is written        │ Stop
type tail struct {
	device  backend.Delayer // nil: what is written is heard at once
	delay   [2]atomic.Uint32
	sounded uint64 // position of the last tick with sound
	asked   uint64 // position at which delay was asked for
	some    bool   // there was sound since the start
}

// begin is when the device starts.
func (t *tail) begin() { t.asked, t.some = 0, false }

// ask has the device say what its delay is.
func (t *tail) ask(position uint64) {
	if t.device == nil {
		return
	}
	play, record := t.device.Delay()
	t.delay[playing].Store(uint32(play))
	t.delay[recording].Store(uint32(record))
	t.asked = position
}

// passed is a tick. What a device holds changes, so it is asked at first and once a second.
func (t *tail) passed(position, rate uint64) {
	if t.asked == 0 || position-t.asked >= rate {
		t.ask(position)
	}
}

// sound is a tick for which something was written that is no silence.
func (t *tail) sound(position uint64) { t.sounded, t.some = position, true }

// holds reports whether something that was written is still to be heard, by the delay that
// is known.
func (t *tail) holds(position uint64) bool {
	return t.some && position <= t.sounded+uint64(t.delay[playing].Load())
}

// sounds reports whether something is still to be heard, by the longest delay since it was
// written.
func (t *tail) sounds(position uint64) bool {
	was := t.delay[playing].Load()
	t.ask(position)
	t.delay[playing].Store(max(was, t.delay[playing].Load()))
	return t.some && position < t.sounded+uint64(t.delay[playing].Load())
}
