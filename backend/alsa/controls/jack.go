package controls

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// jackPorts returns the ports of a jack control: none, one, or two for a jack that takes
// headphones or a microphone.
func jackPorts(name string) (play, record audio.Ports) {
	kind, ok := strings.CutSuffix(strings.ToLower(name), " jack")
	if !ok {
		return 0, 0
	}
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(kind, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("hdmi"):
	case has("headphone mic"):
		return audio.PortHeadphone, audio.PortMicrophone
	case has("mic"):
		return 0, audio.PortMicrophone
	case has("headphone", "headset"):
		return audio.PortHeadphone, 0
	case has("line out", "line-out"):
		return audio.PortLineOut, 0
	case has("line"):
		return 0, audio.PortLineIn
	case has("speaker"):
		return audio.PortSpeaker, 0
	case has("spdif", "iec958", "optical", "digital"):
		if has(" in") {
			return 0, audio.PortSPDIFIn
		}
		return audio.PortSPDIFOut, 0
	case has("cd"):
		return 0, audio.PortCD
	case has("aux"):
		return 0, audio.PortAux1In
	}
	return 0, 0
}

// isJack reports whether an element tells if something is plugged in. A writable element of a
// driver is none: 'PCM 0 Output also on Line-In Jack' of ES1370.
func isJack(e *Element) bool {
	return e.ID.Interface == abi.CardElem && e.Type == abi.Boolean && strings.HasSuffix(e.ID.Name, " Jack") &&
		(e.User || !e.Writable)
}

// isPhantom reports whether the pin has no sensor or is built in, and so counts as plugged in.
func isPhantom(id ID) bool { return strings.HasSuffix(id.Name, " Phantom Jack") }

// jacksOf returns the jacks of a port.
func (b *binder) jacksOf(d audio.Direction, port audio.Ports) (ids []ID) {
	for _, e := range b.jacks {
		play, record := jackPorts(e.ID.Name)
		if d == audio.Play && play&port != 0 || d == audio.Record && record&port != 0 {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// jackNamed returns the jacks "NAME Jack" and "NAME Phantom Jack".
func (b *binder) jackNamed(name string) (ids []ID) {
	for _, e := range b.jacks {
		if e.ID.Name == name || e.ID.Name == name+" Jack" || e.ID.Name == name+" Phantom Jack" {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// pluggedLocked reports whether something is plugged into a way; true if it has no jacks.
func (c *Card) pluggedLocked(w *way) bool {
	for _, id := range w.jacks {
		if c.jackIn[id] {
			return true
		}
	}
	return len(w.jacks) == 0
}

// Jacked returns the ports of a direction with something plugged in that can be pulled out.
func (c *Card) Jacked(d audio.Direction) (ports audio.Ports) {
	c.state.Lock()
	defer c.state.Unlock()
	for _, p := range c.sides[d&(audio.Play|audio.Record)].ports {
		for _, w := range p.ways {
			if slices.ContainsFunc(w.jacks, func(id ID) bool { return c.jackIn[id] && !isPhantom(id) }) {
				ports |= p.bit
			}
		}
	}
	return ports
}
