package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// The places of routes are looked for as package loop/route does in a running daemon, and what is wrong is
// said in the same words. Only what nobody knows before the devices are open is left to it.

// cords reports routes whose places are not there or have the other direction, and cycles.
func (b *binder) cords(c *Config) {
	names := make([]string, len(c.Routes))
	for i, r := range c.Routes {
		names[i] = r.Name
	}
	b.unique("route", names)
	if b.partial {
		return
	}
	var ways []span // of the routes before
	for i := range c.Routes {
		r, path := &c.Routes[i], element("route", i)
		from, reason := c.place(r.From, audio.Record)
		if reason != "" {
			b.wrong(join(path, "from"), reason)
		}
		to, wrong := c.place(r.To, audio.Play)
		if wrong != "" {
			b.wrong(join(path, "to"), wrong)
		}
		if reason != "" || wrong != "" || r.From == "" || r.To == "" {
			continue
		}
		b.channelsFit(path, r, from.channels, to.channels)
		if cycle := cycleOf(ways, from, to.node); cycle != nil && !r.mayCycle() {
			b.wrong(join(path, "to"), fmt.Sprintf("would close a cycle, in which sound grows without end: %s; "+
				"if you want it, set feedback = true and a gain below 255", strings.Join(cycle, " -> ")))
		}
		ways = append(ways, span{from, to.node})
	}
}

// spot is where a route begins or ends.
type spot struct {
	node     string // what is written here comes out at the same node
	also     string // of a tap of a loop: what is written to either of its ends comes out
	channels int    // 0: not known before it is open
}

// comesFrom reports whether what comes out at a node comes from a place.
func (p *spot) comesFrom(node string) bool { return p.node == node || p.also == node && node != "" }

// span is a route in the graph of nodes.
type span struct {
	from spot
	to   string
}

// place returns the spot of a name, "" for one that is missing, to be read (Record) or written (Play).
func (c *Config) place(name string, d audio.Direction) (p spot, reason string) {
	base, end, _ := strings.Cut(name, "/")
	if device := c.device(base); device != nil {
		switch side := deviceSide(end, d); {
		case side != 0:
			return placeOn(device, side), ""
		case end == mix || end == heard || end == audio.Record.String():
			return p, wrongWay(audio.Record)
		}
	}
	for i := range c.Loops {
		if c.Loops[i].Name == base && name != "" {
			return c.end(&c.Loops[i], end, d)
		}
	}
	if name == "" {
		return p, "" // reported already
	}
	return p, "there is no device and no loop " + name
}

// The taps of what a device plays, and of what goes through a loop, before and after the controls.
const mix, heard = "mix", "heard"

// deviceSide returns the side of a device that the end of a place is, 0 for none in that direction. What a
// device plays can be recorded, too.
func deviceSide(end string, d audio.Direction) audio.Direction {
	switch {
	case end == "" || end == d.String():
		return d
	case d == audio.Record && (end == mix || end == heard || end == audio.Play.String()):
		return audio.Play
	}
	return 0
}

// device returns a device by its name, or nil.
func (c *Config) device(name string) *Device {
	i := slices.IndexFunc(c.Devices, func(d Device) bool { return d.Name == name })
	if i < 0 || name == "" {
		return nil
	}
	return &c.Devices[i]
}

// placeOn returns a side of a device. A card may have other channels than were asked for.
func placeOn(device *Device, d audio.Direction) spot {
	p := spot{node: device.Name + "/" + d.String()}
	if device.Backend == Null {
		p.channels = device.Format.Channels
	}
	return p
}

// end returns an end of a loop: "client", "server" or "", which is the client.
func (c *Config) end(l *Loop, end string, d audio.Direction) (p spot, reason string) {
	const client, server = "client", "server"
	switch attached := l.Attached != 0; {
	case (end == mix || end == heard) && l.Attached == audio.Play:
		return p, fmt.Sprintf("the device %s is the server; its taps are %s/play and %s/mix", l.Device, l.Device, l.Device)
	case (end == mix || end == heard) && attached:
		return p, fmt.Sprintf("the device %s is the server, and any number of routes can come from %s", l.Device, l.Name)
	case (end == mix || end == heard) && d == audio.Play:
		return p, wrongWay(audio.Record)
	case end == mix, end == heard:
		return spot{node: l.Name + "/" + client, also: l.Name + "/" + server, channels: l.Format.Channels}, ""
	case end == server && attached:
		return p, "the server end is the device " + l.Device
	case end != "" && end != client && end != server:
		return p, fmt.Sprintf("%s has no end %s; use %s", l.Name, end, ends(d))
	case attached && l.Attached != d:
		return p, wrongWay(l.Attached)
	case attached:
		if device := c.device(l.Device); device != nil {
			return placeOn(device, d), ""
		}
		return spot{node: l.Device + "/" + d.String()}, ""
	}
	// What one end writes comes out of the other.
	if (end == server) == (d == audio.Play) {
		return spot{node: l.Name + "/" + client}, ""
	}
	return spot{node: l.Name + "/" + server}, ""
}

// ends returns what the ends of a loop are, as places of a direction.
func ends(d audio.Direction) string {
	if d == audio.Record {
		return "client, server, heard or mix"
	}
	return "client or server"
}

// wrongWay is what is wrong with a place that only has the other direction.
func wrongWay(d audio.Direction) string {
	if d == audio.Record {
		return "a route can only come from it"
	}
	return "a route can only go to it"
}

// channelsFit reports channels that a place does not have.
func (b *binder) channelsFit(path string, r *Route, from, to int) {
	for i := range r.FromChannels {
		if in := r.FromChannels[i]; from > 0 && in > from {
			b.wrong(join(path, "channels"), fmt.Sprintf("from has %d channels, and no channel %d", from, in))
			return
		}
		if out := r.ToChannels[i]; to > 0 && out > to {
			b.wrong(join(path, "channels"), fmt.Sprintf("to has %d channels, and no channel %d", to, out))
			return
		}
	}
}

// cycleOf returns the nodes of the cycle that a way from a place to a node would close, or nil.
func cycleOf(ways []span, from spot, to string) []string {
	seen := map[string]bool{}
	var walk func(at string, so []string) []string
	walk = func(at string, so []string) []string {
		if so = append(so, at); from.comesFrom(at) {
			return append([]string{at}, so...)
		}
		if seen[at] {
			return nil
		}
		seen[at] = true
		for _, w := range ways {
			if w.from.comesFrom(at) {
				if cycle := walk(w.to, so); cycle != nil {
					return cycle
				}
			}
		}
		return nil
	}
	return walk(to, nil)
}
