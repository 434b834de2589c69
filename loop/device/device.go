package device

import (
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/mixer"
)

// Post queues f for the engine's goroutine, between two cycles, and returns at once. wait blocks
// until f has run.
type Post func(f func()) (wait func())

// Device holds the audio(7I) state of one stream and applies it to the sound.
type Device struct {
	In, Out *mixer.Bus // recorded frames, frames to play; nil: no such side

	post       Post
	controller backend.Controller // nil: no hardware
	tail       tail

	mu         sync.Mutex // guards the settings; the engine never takes it
	settings   Settings
	hwLevels   hwLevels // the hardware's part of the settings
	foundMuted bool     // the hardware was muted at the start; no patch has set mute since
	clients    [2]int   // of each side
	waiters    [2]int   // clients queued for each side

	// Owned by the engine's goroutine.
	play, record *mixer.Fader
	ports        [2]*ports      // nil: ports are state only
	monitor      *mixer.Monitor // nil: not duplex
	meters       *meters
	paused       [2]bool
	running      bool             // the stream runs
	targets      [2]mixer.Setting // of the faders, once their rides end
	rides        [2]*ride         // nil: the target is reached
	muteRide     *ride

	// Written by the engine.
	samples   [2]atomic.Uint64 // frames moved
	since     [2]atomic.Uint64 // samples when the counter of audio(7I) was 0
	failed    [2]atomic.Bool   // sticky error flag of audio(7I)
	active    [2]atomic.Bool
	sounding  [2]atomic.Bool // sound may be audible, or be recorded
	riderWake chan struct{}  // wakes Ride
}

// The sides of a device, as audio.Direction.Index numbers them.
const (
	playing = iota
	recording
)

// New returns the device of a stream: at unity, not monitoring, or as the hardware was found.
// ErrInvalid: the ports do not fit the stream.
func New(s backend.Stream, p Ports, post Post) (*Device, error) {
	c := s.Granted()
	if err := p.check(c); err != nil {
		return nil, err
	}
	frames := c.Period * c.Periods
	play, record := p.Play.format(c.Format), p.Record.format(c.Format)
	d := &Device{post: post, meters: newMeters(play.Channels, record.Channels), riderWake: make(chan struct{}, 1)}
	side := state.SideRules{FragmentFrames: c.Period, DefaultFrames: frames}
	d.settings.Rules = state.Rules{Play: side, Record: side}
	var hw state.HWFeatures
	if c.Play {
		hw |= state.HWPlay
		d.Out, d.play = mixer.NewBus(play, frames), mixer.NewFader(play.Channels, mixer.Neutral())
	}
	if c.Record {
		hw |= state.HWRecord
		d.In, d.record = mixer.NewBus(record, frames), mixer.NewFader(record.Channels, mixer.Neutral())
	}
	if c.Play && c.Record {
		hw |= state.HWDuplex | state.HWIn2Out
		d.monitor = mixer.NewMonitor(audio.DefaultMatrix(record.Channels, play.Channels).ChannelMix(), frames)
	}
	d.settings.Info = state.NewInfo(c.Format, hw, d.settings.Rules)
	d.settings.Info.SW = state.SWMixer
	for n, has := range [...]bool{playing: c.Play, recording: c.Record} {
		if has {
			direction := audio.Directions()[n]
			m := p.side(direction)
			d.ports[n] = newPorts(m, direction, c.Format, frames)
			d.settings.Info.SetFormat(direction, m.format(c.Format), d.settings.Rules)
			s := d.settings.Info.Side(direction)
			s.AvailPorts, s.ModPorts, s.Port = m.Ports(direction), m.Ports(direction), m.initial(direction)
		}
	}
	d.tail.device, _ = backend.As[backend.Delayer](s)
	d.tail.readDelay(0)
	d.controller, _ = backend.As[backend.Controller](s)
	d.readPortsLocked()
	d.hwLevels = d.adoptHardwareLocked()
	d.foundMuted = d.hwLevels.muted
	return d, nil
}

// Bus returns the bus of a side; nil: the device has no such side.
func (d *Device) Bus(side audio.Direction) *mixer.Bus {
	if side == audio.Record {
		return d.In
	}
	return d.Out
}
