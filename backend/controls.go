package backend

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
)

// Controller is a stream on hardware with switches and volumes of its own. On other streams ports
// are state or channels, and software does all gain.
type Controller interface {
	// Controls returns the controls of the hardware the stream runs on now, or nil if it has none. Any
	// goroutine may call it; it does not block or allocate.
	Controls() Controls
	// ControlChanges returns a channel of changes made elsewhere, always the same one, closed by Close.
	// Changes that are not received are merged into one.
	ControlChanges() <-chan ControlChange
}

// ControlChange says that the controls have to be read again.
type ControlChange struct {
	// Replaced: the stream runs on other hardware, or on hardware that was away, and needs all settings again.
	Replaced bool
	// Jacks are the sides on which a jack was plugged in or pulled.
	Jacks audio.Direction
}

// Controls are the switches and volumes of one piece of hardware. Any goroutine but the engine's
// may call the methods; they may block briefly. After the hardware has gone they return
// audio.ErrGone, or ok = false.
type Controls interface {
	// Ports returns the ports of a side.
	Ports(d audio.Direction) ControlPorts
	// Selected returns the ports that are on.
	Selected(d audio.Direction) (audio.Ports, error)
	// Select switches these ports on and the others off. An error changes nothing.
	Select(d audio.Direction, p audio.Ports) error
	// Gain returns the volume of a side as the nearest gain, 0..255. Not ok: the hardware has no volume or
	// must not use it, and software does the gain.
	Gain(d audio.Direction) (gain int, ok bool)
	// Way returns the levels, in dB, on the way of that volume to a gain: from the present one to the nearest
	// that is not below the gain, in steps that are inaudible, or the smallest the hardware has.
	Way(d audio.Direction, gain int) ([]float64, error)
	// SetLevel sets that volume to a level of a Way.
	SetLevel(d audio.Direction, dB float64) error
	// Monitor plays the input on the output with a gain of 0..255. Not done: the hardware cannot or must not,
	// and software does.
	Monitor(gain int) (done bool, err error)
	// Monitored returns that gain, as the nearest of 0..255. Not ok: software monitors.
	Monitored() (gain int, ok bool)
}

// ControlPorts are the ports of one side. The zero value: none, or the hardware is away.
type ControlPorts struct {
	Avail     audio.Ports // avail_ports of audio(7I): plugged in, or without a jack
	Jacked    audio.Ports // those of Avail with a jack
	Mod       audio.Ports // mod_ports: can be switched; the others are always on
	Exclusive bool        // only one of Mod can be on
}

// Muter is an ability of Controls whose hardware has a switch that mutes everything it plays.
// Without it software mutes.
type Muter interface {
	// Muted returns the state of the switch, including changes made elsewhere; after it Controls.Select leaves
	// the switch alone. Not ok: the hardware has none, or is away.
	Muted() (muted, ok bool)
	// Mute turns the switch. Not done: the hardware cannot or must not. Software is silent in any case.
	Mute(muted bool) (done bool, err error)
}

// ControlFeed is the channel of a Controller. Its senders never wait for its receiver.
type ControlFeed struct {
	mu      sync.Mutex // guards sending and closing
	changes chan ControlChange
	closed  bool
}

// NewControlFeed returns an open feed.
func NewControlFeed() *ControlFeed { return &ControlFeed{changes: make(chan ControlChange, 1)} }

// ControlChanges returns the channel for Controller.ControlChanges.
func (f *ControlFeed) ControlChanges() <-chan ControlChange { return f.changes }

// Tell sends a change, merged with one that was not yet received. After Close it does nothing. Any
// goroutine may call it; it does not block or allocate.
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
	f.changes <- c // there is room: only the holder of mu sends
}

// Close closes the channel. A second Close does nothing.
func (f *ControlFeed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.changes)
	}
}
