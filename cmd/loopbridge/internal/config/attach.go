package config

import (
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// attach binds server = { device = "main", side = "play" }: the device becomes the loop's server
// end, in its own format and for several clients.
func (b *binder) attach(path string, v any, l *Loop) {
	l.Clients = loop.Shared
	table, ok := v.(map[string]any)
	if ok {
		for _, key := range []string{"device", "side"} {
			if table[key] == nil {
				b.missing(path, key, map[string]string{"device": "the name of a device", "side": `"play" or "record"`}[key])
			}
		}
	}
	b.table(path, v, []field{
		{"device", setName(&l.Device)},
		{"side", setOneOf(&l.Attached, audio.Play, audio.Record)},
	})
}

// attachedOnly reports keys that exclude an attached loop.
func (b *binder) attachedOnly(path string, keys map[string]bool, l *Loop) {
	if l.Attached == 0 {
		return
	}
	for _, key := range []string{"rate", "channels", "format", "device", "start_timeout", "on_client_close"} {
		if keys[key] {
			b.wrong(join(path, key), "the server is a device, which settles that: leave it out")
		}
	}
}

// sides marks the directions of devices that loops are attached to, that routes lead from or to, and that recorders record.
func sides(c *Config) {
	for _, l := range c.Loops {
		for i := range c.Devices {
			d := &c.Devices[i]
			if d.Name == l.Device {
				d.Play = d.Play || l.Attached == audio.Play
				d.Record = d.Record || l.Attached == audio.Record
			}
		}
	}
	for _, r := range c.Routes {
		c.open(r.From, audio.Record)
		c.open(r.To, audio.Play)
	}
	for _, r := range c.Recorders {
		c.open(r.Of, audio.Record)
	}
}

// open marks a direction of a device, if that is what a place is.
func (c *Config) open(place string, d audio.Direction) {
	base, end, _ := strings.Cut(place, "/")
	if device := c.device(base); device != nil {
		side := deviceSide(end, d)
		device.Play = device.Play || side == audio.Play
		device.Record = device.Record || side == audio.Record
	}
}
