package loop

import (
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/resample"
)

// A side of a device is a loop that nobody configured, and that Status does not list. Its name is that of
// the device, "/", and "play" or "record".

// sideLocked returns the side of a name, or nil. It needs mu for writing.
func (b *Patchbay) sideLocked(name string) *Loop {
	if l := b.sides[name]; l != nil {
		return l
	}
	cut := strings.LastIndexByte(name, '/')
	if cut < 0 || b.closed {
		return nil
	}
	for _, e := range b.devices {
		for _, d := range audio.Directions() {
			if e.name != name[:cut] || d.String() != name[cut+1:] {
				continue
			}
			at, err := e.sideBus(d)
			if err != nil {
				return nil
			}
			b.sides[name] = newLoop(b, e, sideSpec(name, d, at), at)
		}
	}
	return b.sides[name]
}

func sideSpec(name string, d audio.Direction, at *line.Bus) Spec {
	s := Spec{
		Name: name, Format: at.Format(), Period: pcm.DefaultPeriod, Buffer: pcm.DefaultBuffer,
		Attached: d, Clients: Shared,
	}
	s.Convert.Quality = resample.Good
	return s
}

func isRouted(h Host) bool {
	_, routed := h.(Routed)
	return routed
}

// side returns the loop of a side of a device, or nil.
func (b *Patchbay) side(name string) *Loop {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sideLocked(name)
}
