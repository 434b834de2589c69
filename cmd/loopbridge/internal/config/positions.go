package config

import (
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/device"
)

// setPositions accepts an array of names.
func setPositions(to *audio.Positions) func(any) string {
	const use = `an array of ALSA's names, such as ["FL", "FR", "FC", "LFE", "RL", "RR"]`
	return func(v any) string {
		list, ok := v.([]any)
		if !ok {
			return wrongType(v, use)
		}
		var names []string
		for _, v := range list {
			name, ok := v.(string)
			if !ok {
				return "has an element that " + wrongType(v, use)
			}
			names = append(names, name)
		}
		p, err := audio.ParsePositions(strings.Join(names, " "))
		if err != nil {
			return err.Error()
		}
		*to = p
		return ""
	}
}

// positioned reports positions that do not fit the channels of a loop.
func (b *binder) positioned(path string, p audio.Positions, channels int) {
	f := audio.Format{Rate: audio.MinRate, Channels: channels, Encoding: audio.U8, Positions: p}
	if err := f.Validate(); err != nil {
		b.wrong(join(path, "positions"), fmt.Sprintf("%v, use one for each", err))
	}
}

// devicePositions is positioned for attached loops, which have the channels of a device.
func (b *binder) devicePositions(c *Config) {
	for i, l := range c.Loops {
		for _, d := range c.Devices {
			if d.Name != l.Device || l.Attached == 0 {
				continue
			}
			ports := d.Ports.Play
			if l.Attached == audio.Record {
				ports = d.Ports.Record
			}
			b.positioned(element("loop", i), l.Format.Positions, width(ports, d.Format.Channels))
		}
	}
}

// width returns how many channels a direction of a device has: those of a port, if ports are
// mapped to channels.
func width(m device.PortMap, channels int) int {
	if m.Channels == nil {
		return channels
	}
	most := 0
	for _, list := range m.Channels {
		most = max(most, len(list))
	}
	return most
}
