package backend

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
)

// Controller is a stream on hardware with switches and volumes of its own. Without it the
// ports of a device are a state or channels, and all gain is software's.
type Controller interface {
	// Controls returns those of the hardware that the stream runs on now, or nil while it
	// runs on hardware without any. From any goroutine; does not block or allocate.
	Controls() Controls
	// ControlChanges tells what others change, and is closed by Close. It is the same channel
	// every time. What is not fetched is merged into one change.
	ControlChanges() <-chan ControlChange
}

// ControlChange says that controls are to be read again.
type ControlChange struct {
	// Replaced: the stream runs on other hardware, or on the same one that was away, so what
	// was set has to be set once more.
	Replaced bool
	// Jacks are the sides on which something was plugged in or pulled.
	Jacks audio.Direction
}

// Controls are the switches and volumes of one piece of hardware. Methods are called from any
// goroutine but the engine's, and may block shortly. After the hardware has gone they return
// audio.ErrGone, or not ok.
type Controls interface {
	// Ports returns what a side has of ports.
	Ports(d audio.Direction) ControlPorts
	// Selected returns the ports that are on.
	Selected(d audio.Direction) (audio.Ports, error)
	// Select switches these ports on and the others off. An error changes nothing.
	Select(d audio.Direction, p audio.Ports) error
	// Gain reads the volume of a side as the nearest gain of 0..255. Not ok: the hardware has
	// none, or is not to use it; then gain is software's.
	Gain(d audio.Direction) (gain int, ok bool)
	// Way lists the levels in dB over which that volume gets to a gain: first where it is, at
	// last the nearest that is not below the gain. Neighbours are so close that the step is
	// not heard, or as close as the hardware has them.
	Way(d audio.Direction, gain int) ([]float64, error)
	// SetLevel sets that volume to a level of a Way.
	SetLevel(d audio.Direction, dB float64) error
	// Monitor makes the input heard in the output with a gain of 0..255. Not done: the
	// hardware cannot, or is not to do it, and software does.
	Monitor(gain int) (done bool, err error)
	// Monitored reads that gain, as the nearest of 0..255. Not ok: software monitors.
	Monitored() (gain int, ok bool)
}

// ControlPorts is what one side of hardware has of ports. The zero value: none, or the
// hardware is not there.
type ControlPorts struct {
	Avail     audio.Ports // avail_ports of audio(7I): something is plugged in, or need not be
	Jacked    audio.Ports // those of Avail that could be pulled
	Mod       audio.Ports // mod_ports: can be switched; the others are always on
	Exclusive bool        // only one of Mod can be on
}

// Muter is what Controls may be beside: hardware with a switch that silences all that it
// plays. Without it a mute is software's alone.
type Muter interface {
	// Muted reads the switch, whoever has turned it; Controls.Select does not turn it then.
	// Not ok: the hardware has none, or is not there.
	Muted() (muted, ok bool)
	// Mute turns it. Not done: the hardware cannot, or is not to do it; software is silent
	// in any case.
	Mute(muted bool) (done bool, err error)
}

// ControlFeed is the channel of a Controller, whose senders never wait for its reader.
type ControlFeed struct {
	mu      sync.Mutex // over sending and closing
	changes chan ControlChange
	closed  bool
}

// NewControlFeed returns an open feed.
func NewControlFeed() *ControlFeed { return &ControlFeed{changes: make(chan ControlChange, 1)} }

// ControlChanges returns the channel, as Controller has it.
func (f *ControlFeed) ControlChanges() <-chan ControlChange { return f.changes }

// Tell sends a change, merged with one that waits to be fetched. From any goroutine; does not
// block or allocate. After Close it does nothing.
func (f *ControlFeed) Tell(c ControlChange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	select {
	case waits := <-f.changes:
		c.Replaced = c.Replaced || waits.Replaced
		c.Jacks |= waits.Jacks
	default:
	}
	f.changes <- c // there is room: whoever sends holds mu
}

// Close closes the channel. A second Close is no error.
func (f *ControlFeed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.changes)
	}
}
