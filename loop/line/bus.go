package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/mixer"
)

// bus is where lines meet in a cycle: what a device plays or records, or what the clients of a
// shared loop do. Feeds add to it, or taps read from it.
type Bus struct {
	*mixer.Bus
	place
	lines list
}

// place is what is beyond the lines: a device, or nothing.
type place interface {
	// paused reports whether it stands still (D22).
	paused() bool
	// delay returns how many of its frames are between the lines and the world.
	delay() uint32
	// xrun raises its sticky error, and returns a Finding if it was not up.
	xrun() Finding
	// counts reports whether what a line moves there counts as moved by the loop.
	counts() bool
}

// held returns how many frames of a program are beyond the lines.
func held(p place, e *End, t *tick) uint64 {
	frames := p.delay()
	if frames == 0 {
		return 0
	}
	return audio.MulDiv(uint64(frames), uint64(e.Format.Rate), t.rate)
}

// nowhere is the place of what lies within loops.
type nowhere struct{}

func (nowhere) paused() bool  { return false }
func (nowhere) delay() uint32 { return 0 }
func (nowhere) xrun() Finding { return 0 }
func (nowhere) counts() bool  { return false }

// deviceSide is what a device plays or records.
type deviceSide struct {
	*device.Device
	side audio.Direction
}

func (d deviceSide) paused() bool  { return d.Paused(d.side) }
func (d deviceSide) delay() uint32 { return d.Delay(d.side) }
func (d deviceSide) counts() bool  { return true }

func (d deviceSide) xrun() Finding {
	if d.Fail(d.side) {
		return FoundDeviceXrun
	}
	return 0
}
