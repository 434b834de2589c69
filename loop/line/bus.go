package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/mixer"
)

// Bus is where lines meet in a cycle: what a device plays or records, or what the clients of a
// shared loop do. Feeds add to it, taps read from it.
type Bus struct {
	*mixer.Bus
	place
	lines  list
	outlet *Outlet   // whose bus it is; nil: none
	aside  *plainBus // what the feeds bring is added there, too; nil: nobody wants it
}

// place is what lies beyond the lines: a device, or nothing.
type place interface {
	// paused reports whether it is paused, and its lines with it.
	paused() bool
	// delay returns the frames of the device between the lines and the world.
	delay() uint32
	// xrun raises its sticky error flag, and returns a Finding if the flag was down.
	xrun() Finding
	// counts reports whether frames moved there count as moved by the loop.
	counts() bool
}

// framesBeyond returns how many frames of a program lie beyond the lines.
func framesBeyond(p place, e *End, t *tick) uint64 {
	frames := p.delay()
	if frames == 0 {
		return 0
	}
	return audio.MulDiv(uint64(frames), uint64(e.Format.Rate), t.rate)
}

// nowhere is the place of buses and rings inside a loop.
type nowhere struct{}

func (nowhere) paused() bool  { return false }
func (nowhere) delay() uint32 { return 0 }
func (nowhere) xrun() Finding { return 0 }
func (nowhere) counts() bool  { return false }

// deviceSide is the play or the record side of a device.
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
