package device

import (
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/mixer"
)

// Post has f run on the engine's goroutine, between two cycles, and returns at once. Its result
// blocks until f has run.
type Post func(f func()) (wait func())

// Device is the audio(7I) state of one stream, and what it does to the sound.
type Device struct {
	In, Out *mixer.Bus // what is recorded, and is to be played; nil: the device has no such side

	post       Post
	controller backend.Controller // nil: no hardware
	tail       tail

	mu       sync.Mutex // of what is set; the engine does not take it
	settings Settings
	split    split  // what the hardware does of info
	found    bool   // the hardware was found muted, and nobody has said anything about that
	opened   [2]int // clients on each side
	queued   [2]int // clients that wait for their turn

	// The engine's.
	play, record   *mixer.Fader
	ports          [2]*ports      // nil: they are state only
	monitor        *mixer.Monitor // nil: the device does not have both sides
	meters         *meters
	paused         [2]bool
	samples, since [2]uint64        // frames so far, and when they were last set to 0
	going          bool             // the device runs
	levels         [2]mixer.Setting // of the faders
	rides          [2]*ride         // on the way to them; nil: there
	hush           *ride

	// Written by the engine.
	counted  [2]atomic.Uint32 // samples of audio(7I)
	failed   [2]atomic.Bool   // error of audio(7I): sticky
	active   [2]atomic.Bool
	sounding [2]atomic.Bool // something may be heard, or be recorded
	kicks    chan struct{}  // has the hardware move
}

// The sides of a device, as audio.Direction.Index has them.
const (
	playing = iota
	recording
)

// New returns the device of a stream, at unity everywhere and monitoring nothing (D19, D20), or
// as the hardware was found. ErrInvalid: the ports do not fit the stream.
func New(s backend.Stream, p Ports, post Post) (*Device, error) {
	c := s.Granted()
	if err := p.check(c); err != nil {
		return nil, err
	}
	frames := c.Period * c.Periods
	play, record := p.Play.format(c.Format), p.Record.format(c.Format)
	d := &Device{post: post, meters: newMeters(play.Channels, record.Channels), kicks: make(chan struct{}, 1)}
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
			s.AvailPorts, s.ModPorts, s.Port = m.Ports(direction), m.Ports(direction), m.first(direction)
		}
	}
	d.tail.device, _ = backend.As[backend.Delayer](s)
	d.tail.ask(0)
	d.controller, _ = backend.As[backend.Controller](s)
	d.plugged()
	d.split = d.heard()
	d.found = d.split.muted
	return d, nil
}

// Bus returns that of a side; nil: the device has no such side.
func (d *Device) Bus(side audio.Direction) *mixer.Bus {
	if side == audio.Record {
		return d.In
	}
	return d.Out
}
