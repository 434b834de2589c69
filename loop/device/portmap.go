package device

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// PortMap maps the ports of one side to channels. The zero value has ports that are state and
// nothing else: speaker, headphone and line_out, or microphone and line_in.
type PortMap struct {
	// Channels are the channels of the stream, from 1, that make up each port. All ports have the
	// same number, which is the width of the side. Play ports cannot share a channel; record ports
	// can.
	Channels map[audio.Ports][]int
	// Use is the ports in use at first; 0: the lowest bit.
	Use audio.Ports
}

// Ports maps the ports of both sides of a device.
type Ports struct {
	Play, Record PortMap
}

func (p *Ports) side(d audio.Direction) PortMap {
	if d == audio.Record {
		return p.Record
	}
	return p.Play
}

// check returns ErrInvalid if a stream cannot have these ports.
func (p *Ports) check(c backend.Config) error {
	for n, has := range [...]bool{playing: c.Play, recording: c.Record} {
		d := audio.Directions()[n]
		m := p.side(d)
		if !has && (m.Channels != nil || m.Use != 0) {
			return audio.ErrInvalid.With("the device has no %s side to have ports", d)
		}
		if err := m.check(d, c.Format.Channels); err != nil {
			return err
		}
	}
	return nil
}

func (m PortMap) check(d audio.Direction, channels int) error {
	owner := map[int]audio.Ports{}
	for _, p := range slices.Sorted(maps.Keys(m.Channels)) {
		list := m.Channels[p]
		if bits.OnesCount32(uint32(p)) != 1 || p&^audio.AllPorts(d) != 0 {
			return audio.ErrInvalid.With("%s is not a %s port", p.Names(d), d)
		}
		if n := len(list); n < 1 || n > audio.MaxChannels {
			return audio.ErrInvalid.With("%s port %s has %d channels; use 1..%d",
				d, p.Names(d), n, audio.MaxChannels)
		} else if n != m.width() {
			return audio.ErrInvalid.With("the %s ports do not have equally many channels", d)
		}
		for _, channel := range list {
			if channel < 1 || channel > channels {
				return audio.ErrInvalid.With("channel %d of %s port %s is out of range; use 1..%d",
					channel, d, p.Names(d), channels)
			}
			if other, taken := owner[channel]; taken && d == audio.Play {
				return audio.ErrInvalid.With("channel %d is one of %s and of %s; use it once",
					channel, min(p, other).Names(d), max(p, other).Names(d))
			}
			owner[channel] = p
		}
	}
	if all := m.Ports(d); m.Use&^all != 0 || m.Channels != nil && all == 0 {
		return audio.ErrInvalid.With("the device has the %s ports %s, not %s", d, all.Names(d), m.Use.Names(d))
	}
	return nil
}

// Ports returns all ports of the side, mapped or not.
func (m PortMap) Ports(d audio.Direction) (all audio.Ports) {
	switch {
	case m.Channels == nil && d == audio.Record:
		return audio.PortMicrophone | audio.PortLineIn
	case m.Channels == nil:
		return audio.PortSpeaker | audio.PortHeadphone | audio.PortLineOut
	}
	for p := range m.Channels {
		all |= p
	}
	return all
}

// initial returns the ports in use at first.
func (m PortMap) initial(d audio.Direction) audio.Ports {
	if m.Use != 0 {
		return m.Use
	}
	all := m.Ports(d)
	return all & -all
}

// width returns the channels of each port; 0 without a map.
func (m PortMap) width() (channels int) {
	for _, list := range m.Channels {
		channels = max(channels, len(list))
	}
	return channels
}

// format returns the format of the side of a stream in format f.
func (m PortMap) format(f audio.Format) audio.Format {
	if m.Channels != nil {
		f.Channels = m.width()
	}
	return f
}
