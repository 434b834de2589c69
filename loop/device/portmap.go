package device

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// PortMap says what the ports of one side of a device are. The zero value is ports that
// are state and nothing else: speaker, headphone and line_out, or microphone and line_in.
type PortMap struct {
	// Channels are those of the stream that each port has, counted from 1, for single
	// ports. All ports have equally many, and the side has as many, whatever the stream
	// has. No two channels of play ports are the same; those of record ports may be.
	Channels map[audio.Ports][]int
	// Use is what is in use until somebody sets another; 0: the first there is.
	Use audio.Ports
}

// Ports are the ports of both sides of a device.
type Ports struct {
	Play, Record PortMap
}

func (p *Ports) side(d audio.Direction) PortMap {
	if d == audio.Record {
		return p.Record
	}
	return p.Play
}

// check is ErrInvalid where a stream cannot have these ports.
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
			return audio.ErrInvalid.With("%s port %s has %d channels; use 1..%d", d, p.Names(d), n, audio.MaxChannels)
		} else if n != m.width() {
			return audio.ErrInvalid.With("the %s ports do not have equally many channels", d)
		}
		for _, channel := range list {
			if channel < 1 || channel > channels {
				return audio.ErrInvalid.With("channel %d of %s port %s is out of range; use 1..%d", channel, d, p.Names(d), channels)
			}
			if other, taken := owner[channel]; taken && d == audio.Play {
				return audio.ErrInvalid.With("channel %d is one of %s and of %s; use it once", channel, min(p, other).Names(d), max(p, other).Names(d))
			}
			owner[channel] = p
		}
	}
	if all := m.Ports(d); m.Use&^all != 0 || m.Channels != nil && all == 0 {
		return audio.ErrInvalid.With("the device has the %s ports %s, not %s", d, all.Names(d), m.Use.Names(d))
	}
	return nil
}

// Ports are those that the side has, mapped or not.
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

// first is what is in use at first.
func (m PortMap) first(d audio.Direction) audio.Ports {
	if m.Use != 0 {
		return m.Use
	}
	all := m.Ports(d)
	return all & -all
}

// width is how many channels each port has; 0 without a map.
func (m PortMap) width() (channels int) {
	for _, list := range m.Channels {
		channels = max(channels, len(list))
	}
	return channels
}

// format is that of the side, where the stream has f.
func (m PortMap) format(f audio.Format) audio.Format {
	if m.Channels != nil {
		f.Channels = m.width()
	}
	return f
}
