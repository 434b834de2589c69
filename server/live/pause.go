package live

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

// pause finds out for how long a place has been silent because its device rests: no frames come then. It counts turns of
// the hub, not time: frames that were late came before the turn that counts.
type pause struct {
	block int // frames that came last at once
	came  bool
	turns int // since then
}

// rest is after how long without a frame a device is taken to rest, if its periods are shorter.
const rest = 250 * time.Millisecond

// hear notes that so many frames came.
func (p *pause) hear(frames int) { p.block, p.came = frames, true }

// turn ends a turn of the hub. It returns how many silent frames have passed and were not yet told.
func (p *pause) turn(f audio.Format) (frames int) {
	if p.came {
		p.came, p.turns = false, 0
		return 0
	}
	p.turns++
	patience := int((max(rest, 2*f.Duration(int64(p.block))) + tap.Every - 1) / tap.Every)
	silent := func(turns int) int { return int(f.Frames(time.Duration(turns) * tap.Every)) }
	switch {
	case p.turns < patience:
		return 0
	case p.turns == patience:
		return silent(p.turns)
	}
	return silent(p.turns) - silent(p.turns-1)
}
