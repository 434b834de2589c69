package controls

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// auto finds the ports of a direction by the names that kernel drivers use.
func (b *binder) auto(d audio.Direction) side {
	s := side{}
	s.main, s.common = b.commonOf(d)
	if d == audio.Record {
		b.autoRecord(&s)
	} else {
		b.autoPlay(&s)
	}
	if s.all()&^audio.PortSPDIFOut == 0 { // nothing with a switch: go by the jacks
		for _, e := range b.jacks {
			play, record := jackPorts(e.ID.Name)
			bit := play
			if d == audio.Record {
				bit = record
			}
			if bit != 0 && s.find(bit) == nil {
				s.add(bit, way{jacks: b.jacksOf(d, bit)})
			}
		}
	}
	if s.all()&^audio.PortSPDIFOut == 0 {
		s.add(1, way{}) // speaker or microphone, as in audio(7I)
	}
	return s
}

// autoPlay finds the playback ports. HDA has a switch for each kind of pin, under a master. AC97
// has a master for the main output and another for headphones.
func (b *binder) autoPlay(s *side) {
	names := []struct {
		bit   audio.Ports
		bases []string
	}{
		{audio.PortSpeaker, []string{"Speaker"}},
		{audio.PortHeadphone, []string{"Headphone", "Headset"}},
		{audio.PortLineOut, []string{"Line Out", "Front"}},
		{audio.PortSPDIFOut, []string{"IEC958"}},
	}
	for _, n := range names {
		for _, base := range n.bases {
			sw, volume := b.toggle(base+" Playback Switch"), b.volume(base+" Playback Volume")
			if sw == nil && volume == nil || s.find(n.bit) != nil {
				continue
			}
			s.add(n.bit, way{base: base, sw: sw, volumes: present(volume), jacks: b.jacksOf(audio.Play, n.bit)})
		}
	}
	if s.find(audio.PortHeadphone) != nil && s.find(audio.PortSpeaker) == nil &&
		b.toggle("Master Mono Playback Switch") != nil {
		s.add(audio.PortSpeaker, way{base: "Master", sw: s.main, volumes: present(b.volume("Master Playback Volume"))})
		s.main = nil
	}
}

// autoRecord finds the recording ports. Either an enumeration chooses one (HDA, AC97, USB), or
// each input has a switch (ES1370, dummy), or a volume names the only input (USB).
func (b *binder) autoRecord(s *side) {
	if source := b.choice("Input Source", "Capture Source", "PCM Capture Source"); source != nil && len(source.Items) > 1 {
		for i, item := range source.Items {
			if bit := inputPort(item); bit != 0 {
				s.add(bit, way{base: item, source: source, item: int64(i), jacks: b.inputJacks(bit, item)})
			}
		}
		for _, p := range s.ports { // prefer a jack to a built-in part
			slices.SortStableFunc(p.ways, func(x, y way) int { return order(&x) - order(&y) })
		}
		return
	}
	for _, base := range []string{"Mic", "Headset", "Line", "CD", "Aux", "IEC958"} {
		w := way{base: base, sw: b.toggle(base+" Capture Switch", base+" Capture Route")}
		w.volumes = present(b.volume(base+" Capture Volume", base+" Volume"))
		if w.sw == nil && (len(w.volumes) == 0 || !strings.Contains(w.volumes[0].ID.Name, "Capture")) {
			continue
		}
		if mute := b.toggle(base + " Switch"); mute != nil {
			w.also = append(w.also, step{mute.ID, mute.onValues(true)})
		}
		bit := inputPort(base)
		w.jacks = b.jacksOf(audio.Record, bit)
		if s.find(bit) == nil {
			s.add(bit, w)
		}
	}
}

// order sorts ways with a jack before built-in parts.
func order(w *way) int {
	if len(w.jacks) > 0 && !isPhantom(w.jacks[0]) {
		return 0
	}
	return 1
}

// inputJacks returns the jacks of this item. If it has none, it returns those of the port, unless
// they could belong to another input of the same kind.
func (b *binder) inputJacks(bit audio.Ports, item string) []ID {
	if ids := b.jackNamed(item); ids != nil || bit == audio.PortMicrophone && item != "Mic" {
		return ids
	}
	return b.jacksOf(audio.Record, bit)
}

// inputPort returns the port for an item of an input enumeration, 0 for none.
func inputPort(item string) audio.Ports {
	name := strings.ToLower(item)
	switch {
	case strings.Contains(name, "mix"), name == "what u hear":
		return audio.PortCodecLoopIn
	case strings.Contains(name, "mic"), strings.Contains(name, "headset"):
		return audio.PortMicrophone
	case strings.Contains(name, "line"):
		return audio.PortLineIn
	case strings.Contains(name, "iec958"), strings.Contains(name, "spdif"), strings.Contains(name, "digital"):
		return audio.PortSPDIFIn
	case strings.Contains(name, "aux"):
		return audio.PortAux1In
	case strings.Contains(name, "video"):
		return audio.PortAux2In
	case strings.HasPrefix(name, "cd"):
		return audio.PortCD
	}
	return 0
}

// only returns the single element whose name ends in suffix, and nil if there are several. It
// ignores paths from inputs. USB needs it: the names are the maker's, such as 'Audio Output
// Volume Control Playback Volume'.
func (b *binder) only(kind abi.ElemType, suffix string) (only *Element) {
	for id, e := range b.elements {
		base, is := strings.CutSuffix(id.Name, suffix)
		input := inputPort(base) != 0 && suffix[:5] == " Play"
		switch {
		case !is || input || b.element(kind, id.Name) != e:
		case only != nil:
			return nil
		default:
			only = e
		}
	}
	return only
}

// commonOf returns the switch over a direction and the steps without which nothing is heard.
func (b *binder) commonOf(d audio.Direction) (main *Element, common []step) {
	on := func(names ...string) {
		if e := b.toggle(names...); e != nil {
			common = append(common, step{e.ID, e.onValues(true)})
		}
	}
	if d == audio.Record {
		on("Capture Switch", "Digital Capture Switch")
		if e := b.only(abi.Boolean, " Capture Switch"); e != nil {
			on(e.ID.Name)
		}
		if b.volume("PCM Capture Volume") != nil { // USB; on ES1370 this switch records what is played
			on("PCM Capture Switch")
		}
		if e := b.toggle("AD Input Select"); e != nil { // ES1370: off is the input mixer
			common = append(common, step{e.ID, e.onValues(false)})
		}
		return nil, common
	}
	if main = b.toggle("Master Playback Switch", "Master Switch"); main == nil {
		main = b.only(abi.Boolean, " Playback Switch")
	}
	on("PCM Switch") // ES1370, before the one that puts it into the mix
	if e := b.toggle("PCM Playback Switch"); e != main {
		on("PCM Playback Switch")
	}
	// HDA mutes the speaker when headphones are plugged in, whichever port is selected.
	if e := b.choice("Auto-Mute Mode"); e != nil {
		if off := slices.Index(e.Items, "Disabled"); off >= 0 {
			common = append(common, step{e.ID, e.all(int64(off))})
		}
	}
	return main, common
}

// gainsOf returns the volume that is the gain of a direction: one over all ports, or one for each.
func (b *binder) gainsOf(d audio.Direction, s *side) []*Element {
	names := []string{"Master Playback Volume", "Master Volume", "PCM Playback Volume", "PCM Volume",
		"Digital Playback Volume"}
	if d == audio.Record {
		names = []string{"Capture Volume", "Master Capture Volume", "PCM Capture Volume", "Digital Capture Volume"}
	}
	for _, name := range names {
		if e := b.volume(name); e != nil && e.Scale.Known() && !ofPort(s, e) {
			return []*Element{e}
		}
	}
	suffix := " Playback Volume"
	if d == audio.Record {
		suffix = " Capture Volume"
	}
	if e := b.only(abi.Number, suffix); e != nil && e.Scale.Known() && !ofPort(s, e) {
		return []*Element{e}
	}
	var own []*Element
	for _, p := range s.ports {
		for _, w := range p.ways {
			for _, v := range w.volumes {
				if !v.Scale.Known() || d == audio.Record && !strings.Contains(v.ID.Name, "Capture") {
					return nil
				}
				own = append(own, v)
			}
		}
	}
	return own
}

func ofPort(s *side, e *Element) bool {
	return slices.ContainsFunc(s.ports, func(p port) bool {
		return slices.ContainsFunc(p.ways, func(w way) bool { return slices.Contains(w.volumes, e) })
	})
}

// unity returns the steps that set the volumes outside the gain to 0 dB, so that the gain is true.
func (b *binder) unity(d audio.Direction, s *side) (steps []step) {
	if d == audio.Record {
		return nil
	}
	for _, names := range [][]string{{"Master Playback Volume", "Master Volume"}, {"PCM Playback Volume", "PCM Volume"}} {
		if e := b.volume(names...); e != nil && !slices.Contains(s.gains, e) && !ofPort(s, e) {
			steps = append(steps, step{e.ID, e.all(e.unity())})
		}
	}
	return steps
}

// unity returns the value nearest to 0 dB, or the highest if there is no scale.
func (e *Element) unity() int64 {
	if e.Scale.Known() {
		return e.Scale.Nearest(0)
	}
	return e.Max
}

// present returns a list of e, empty for nil.
func present(e *Element) []*Element {
	if e == nil {
		return nil
	}
	return []*Element{e}
}
