package controls

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// auto binds ports by the names that the kernel's drivers use.
func (b *binder) auto(d audio.Direction) side {
	s := side{}
	s.main, s.common = b.commonOf(d)
	if d == audio.Record {
		b.autoRecord(&s)
	} else {
		b.autoPlay(&s)
	}
	if s.all()&^audio.PortSPDIFOut == 0 { // nothing with a switch: the jacks say what there is
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
		s.add(1, way{}) // speaker or microphone, as audio(7I) has it
	}
	return s
}

// autoPlay: HDA has a switch for each kind of pin, under a master. AC97 has a master for
// the main output, and one for headphones beside it.
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
	if s.find(audio.PortHeadphone) != nil && s.find(audio.PortSpeaker) == nil && b.toggle("Master Mono Playback Switch") != nil {
		s.add(audio.PortSpeaker, way{base: "Master", sw: s.main, volumes: present(b.volume("Master Playback Volume"))})
		s.main = nil
	}
}

// autoRecord: an enumeration chooses (HDA, AC97, USB), or there is a switch for each
// input (ES1370, dummy), or a volume says what the only input is (USB).
func (b *binder) autoRecord(s *side) {
	if source := b.choice("Input Source", "Capture Source", "PCM Capture Source"); source != nil && len(source.Items) > 1 {
		for i, item := range source.Items {
			if bit := inputPort(item); bit != 0 {
				s.add(bit, way{base: item, source: source, item: int64(i), jacks: b.inputJacks(bit, item)})
			}
		}
		for _, p := range s.ports { // a jack says more than a part that is always there
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

// order puts ways with a jack first, then what is built in.
func order(w *way) int {
	if len(w.jacks) > 0 && !isPhantom(w.jacks[0]) {
		return 0
	}
	return 1
}

// inputJacks returns those of just this item, or else, where it cannot be another input of
// the same kind, those of the port.
func (b *binder) inputJacks(bit audio.Ports, item string) []ID {
	if ids := b.jackNamed(item); ids != nil || bit == audio.PortMicrophone && item != "Mic" {
		return ids
	}
	return b.jacksOf(audio.Record, bit)
}

// inputPort returns the port of an item of an enumeration of inputs; 0: none.
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

// only returns the one element with that end of its name, if it is no path from an input: USB
// has whatever name the maker gave, such as 'Audio Output Volume Control Playback Volume'.
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

// commonOf returns the switch over a side, and what else has to be set so that it is heard.
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
		if b.volume("PCM Capture Volume") != nil { // of USB; that of ES1370 records what is played
			on("PCM Capture Switch")
		}
		if e := b.toggle("AD Input Select"); e != nil { // of ES1370: off is the input mixer
			common = append(common, step{e.ID, e.onValues(false)})
		}
		return nil, common
	}
	if main = b.toggle("Master Playback Switch", "Master Switch"); main == nil {
		main = b.only(abi.Boolean, " Playback Switch")
	}
	on("PCM Switch") // of ES1370, before the one that puts it into the mix
	if e := b.toggle("PCM Playback Switch"); e != main {
		on("PCM Playback Switch")
	}
	// HDA mutes the speaker by itself when headphones come, whatever the port is.
	if e := b.choice("Auto-Mute Mode"); e != nil {
		if off := slices.Index(e.Items, "Disabled"); off >= 0 {
			common = append(common, step{e.ID, e.all(int64(off))})
		}
	}
	return main, common
}

// gainsOf returns the volume that is a side's gain: one over all ports, or one of each port.
func (b *binder) gainsOf(d audio.Direction, s *side) []*Element {
	names := []string{"Master Playback Volume", "Master Volume", "PCM Playback Volume", "PCM Volume", "Digital Playback Volume"}
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

// unity sets the volumes on the way that are not the gain to 0 dB, so that the gain is
// what it says.
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

// unity returns the value nearest to 0 dB, or the highest where there is no scale.
func (e *Element) unity() int64 {
	if e.Scale.Known() {
		return e.Scale.Nearest(0)
	}
	return e.Max
}

// present returns a list of the element, an empty one for nil.
func present(e *Element) []*Element {
	if e == nil {
		return nil
	}
	return []*Element{e}
}
