package loop

import (
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/resample"
)

// A side of a device, or a tap of a device or a loop, is a loop that nobody configured, and that Status does not
// list. Its name is that of the device or the loop, "/", and
//
//	play      written to, the device plays it
//	record    read: what the device records
//	mix       read: what the clients of its play side play, before its controls
//	heard     read: what it plays, after monitor and controls
//
//	mix       read: what is written to a loop between programs
//	heard     read: what its reader gets, after the controls of both ends
//
// If a device and a loop share a name, it is the device's.

// side returns the side of a name, or nil.
func (b *Patchbay) side(name string) *Loop {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.sides[name]; l != nil {
		return l
	}
	cut := strings.LastIndexByte(name, '/')
	if cut < 0 || b.closed {
		return nil
	}
	for _, e := range b.devices {
		if e.name != name[:cut] {
			continue
		}
		if spec, at := e.side(name[cut+1:]); at != nil {
			spec.Name = name
			b.sides[name] = newLoop(b, e, spec, at)
		}
		return b.sides[name]
	}
	if l := b.loops[name[:cut]]; l != nil {
		if t := l.tap(name[cut+1:]); t != nil {
			b.sides[name] = t
		}
	}
	return b.sides[name]
}

// newSide returns the beginning of a Spec.
func newSide() Spec {
	s := Spec{Period: pcm.DefaultPeriod, Buffer: pcm.DefaultBuffer, Attached: audio.Record, Clients: Shared}
	s.Convert.Quality = resample.Good
	return s
}

// side returns what makes a loop of a side, or nil if the device does not have it.
func (e *Engine) side(name string) (s Spec, at *line.Bus) {
	s = newSide()
	switch name {
	case audio.Play.String():
		s.Attached, at = audio.Play, e.lines.Played
	case audio.Record.String():
		at = e.lines.Recorded
	case "mix":
		s.tap, at = true, e.lines.Mixed
	case "heard":
		s.tap, at = true, e.lines.Heard
	}
	if at == nil || at.Bus == nil {
		return s, nil
	}
	s.Format = at.Format()
	return s, at
}

func isRouted(h Host) bool {
	_, routed := h.(Routed)
	return routed
}
