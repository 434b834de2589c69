package route

import (
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// place is where a route begins or ends: an end of a loop, or a side of a device.
type place struct {
	loop string // for Patchbay.Attach
	role pcm.Role
	on   *loop.Engine
	// node is in the graph that cycles are looked for in; what is written here comes out at the same node.
	node string
	also string // of a tap of a loop: what is written to either of its ends comes out
}

// find returns the place of a name, to be read (Read) or written. ErrNoDevice: there is none. ErrAccess: it is
// there, but for the other direction.
func find(bay *loop.Patchbay, name string, d audio.Direction) (place, error) {
	base, end := name, ""
	if cut := strings.LastIndexByte(name, '/'); cut >= 0 {
		base, end = name[:cut], name[cut+1:]
	}
	if device, err := bay.Device(base); err == nil && base != "" {
		switch end {
		case "", d.String():
			return side(device, d)
		case audio.Play.String():
			return tapOf(device, heard)
		case mix, heard:
			if d == audio.Play {
				return place{}, wrongWay(name, audio.Record)
			}
			return tapOf(device, end)
		case audio.Record.String():
			return place{}, wrongWay(name, audio.Record)
		}
	}
	for _, s := range bay.Status() {
		if s.Name == base {
			p, err := endOf(&s, name, end, d)
			if err == nil {
				p.on, err = bay.Device(s.Device)
			}
			return p, err
		}
	}
	return place{}, audio.ErrNoDevice.With("there is no device and no loop %s", name)
}

// The taps of what a device plays, and of what goes through a loop.
const (
	mix   = "mix"   // before the controls
	heard = "heard" // after them
)

// comesFrom reports whether what comes out at a node comes from a place.
func (p *place) comesFrom(node string) bool { return p.node == node || p.also == node && node != "" }

// tapOfLoop returns a tap of what goes through a loop between programs.
func tapOfLoop(s *loop.Status, name string, d audio.Direction) (place, error) {
	switch {
	case s.Attached == audio.Play:
		return place{}, audio.ErrNoDevice.With("%s: the device %s is the server; its taps are %s/play and %s/mix", name, s.Device, s.Device, s.Device)
	case s.Attached != 0:
		return place{}, audio.ErrNoDevice.With("%s: the device %s is the server, and any number of routes can come from %s", name, s.Device, s.Name)
	case d == audio.Play:
		return place{}, wrongWay(name, audio.Record)
	}
	return place{loop: name, role: pcm.Client, node: s.Name + "/" + pcm.Client.String(), also: s.Name + "/" + pcm.Server.String()}, nil
}

// endOf returns the end of a loop: "client", "server" or "", which is the client.
func endOf(s *loop.Status, name, end string, d audio.Direction) (place, error) {
	switch attached := s.Attached != 0; {
	case end == mix, end == heard:
		return tapOfLoop(s, name, d)
	case end == pcm.Server.String() && attached:
		return place{}, audio.ErrBusy.With("%s: the server end is the device %s", name, s.Device)
	case end != "" && end != pcm.Client.String() && end != pcm.Server.String():
		return place{}, audio.ErrNoDevice.With("%s has no end %s; use %s", s.Name, end, ends(d))
	case attached && s.Attached != d:
		return place{}, wrongWay(name, s.Attached)
	case attached:
		return place{loop: s.Name, role: pcm.Client, node: s.Device + "/" + d.String()}, nil
	}
	p := place{loop: s.Name, role: pcm.Client}
	if end == pcm.Server.String() {
		p.role = pcm.Server
	}
	// What one end writes comes out of the other.
	if out := p.role; d == pcm.Read && out == pcm.Client || d == pcm.Write && out == pcm.Server {
		p.node = s.Name + "/" + pcm.Client.String()
	} else {
		p.node = s.Name + "/" + pcm.Server.String()
	}
	return p, nil
}

// ends returns what the ends of a loop are, as places of a direction.
func ends(d audio.Direction) string {
	if d == audio.Record {
		return "client, server, heard or mix"
	}
	return "client or server"
}

// wrongWay is an error of a place that only has the other direction.
func wrongWay(name string, d audio.Direction) error {
	if d == audio.Record {
		return audio.ErrAccess.With("%s: a route can only come from it", name)
	}
	return audio.ErrAccess.With("%s: a route can only go to it", name)
}

// tapOf returns a tap of what a device plays.
func tapOf(e *loop.Engine, name string) (place, error) {
	p, err := side(e, audio.Play)
	p.loop = e.Name() + "/" + name
	return p, err
}

func side(e *loop.Engine, d audio.Direction) (place, error) {
	granted := e.Granted()
	if d == audio.Play && !granted.Play || d == audio.Record && !granted.Record {
		return place{}, audio.ErrAccess.With("the device %s has nothing to %s", e.Name(), d)
	}
	name := e.Name() + "/" + d.String()
	return place{loop: name, role: pcm.Client, on: e, node: name}, nil
}

// Source returns what a program opens to read a place, as a route from it does: the name for Patchbay.Attach, and the
// role. Errors as Board.Add has for From. Any goroutine may call it; it may block for as long as Patchbay.Status does.
func Source(bay *loop.Patchbay, name string) (open string, role pcm.Role, err error) {
	p, err := find(bay, name, pcm.Read)
	return p.loop, p.role, err
}
