package controls

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// PortNames are the controls of one port as ParseID reads them, each optional. A port without
// Switch and Source is always on.
type PortNames struct {
	Switch string // on while the port is in use
	Volume string // at 0 dB while it is in use, unless it is the gain
	Source string // an enumeration that chooses the input …
	Item   string // … and the item for this port
	Jack   string // tells if something is plugged in, such as "Mic Jack"; "none": always; empty: by its name
}

// SideNames are the controls of one direction.
type SideNames struct {
	// Ports by audio(7I) port, one bit each. Nil: found by driver names.
	Ports map[audio.Ports]PortNames
	// Volume is the gain. Empty: found by driver names.
	Volume string
}

// Names maps controls to their meaning. The zero value finds all by the names that HDA, AC97,
// ES1370 and USB drivers use.
type Names struct {
	Play, Record SideNames
	// Index selects among controls of equal name; those of a second codec often begin at 10.
	// OwnIndex selects the codec of the PCM.
	Index int

	elsewhere [2]audio.Ports // ports whose jacks are on other codecs, of Play and of Record
}

// OwnIndex makes Open ask HD Audio which codec the PCM and its controls belong to. It is 0 on
// other cards.
const OwnIndex = -1

// step sets an element to values.
type step struct {
	id     ID
	values []int64
}

// way is one way to make a port work. A front and a rear microphone are two ways of one port.
type way struct {
	base       string   // "Front Mic"
	sw, source *Element // may be nil
	item       int64    // of source
	volumes    []*Element
	also       []step // set along with it
	jacks      []ID
}

func (w *way) switchable() bool { return w.sw != nil || w.source != nil }

// port is a port with at least one way.
type port struct {
	bit  audio.Ports
	ways []way
}

// side is what the controls of a direction do.
type side struct {
	ports  []port
	main   *Element   // over all ports; may be nil
	gains  []*Element // volumes with a scale: one over all ports, or one for each
	common []step     // without which nothing is heard
}

func (s *side) find(bit audio.Ports) *port {
	for i := range s.ports {
		if s.ports[i].bit == bit {
			return &s.ports[i]
		}
	}
	return nil
}

// add adds a way to a port.
func (s *side) add(bit audio.Ports, w way) {
	if p := s.find(bit); p != nil {
		p.ways = append(p.ways, w)
		return
	}
	s.ports = append(s.ports, port{bit, []way{w}})
}

// mod returns the ports that can be switched.
func (s *side) mod() (bits audio.Ports) {
	for _, p := range s.ports {
		if p.ways[0].switchable() {
			bits |= p.bit
		}
	}
	return bits
}

func (s *side) all() (bits audio.Ports) {
	for _, p := range s.ports {
		bits |= p.bit
	}
	return bits
}

// exclusive reports whether only one port can be on: an enumeration has one item.
func (s *side) exclusive() bool {
	return slices.ContainsFunc(s.ports, func(p port) bool { return p.ways[0].source != nil })
}

// binder finds elements by name.
type binder struct {
	elements map[ID]*Element
	names    []string // of mixer elements, for errors
	jacks    []*Element
	index    int
}

func newBinder(list []Element, names Names) *binder {
	b := &binder{elements: map[ID]*Element{}, index: max(names.Index, 0)}
	for i := range list {
		e := &list[i]
		b.elements[e.ID] = e
		if isJack(e) {
			if !names.isElsewhere(e.ID.Name) {
				b.jacks = append(b.jacks, e)
			}
		} else if e.ID.Interface == abi.MixerElem {
			b.names = append(b.names, e.ID.String())
		}
	}
	return b
}

// isElsewhere reports whether a jack belongs to another codec than the PCM.
func (n *Names) isElsewhere(jack string) bool {
	play, record := jackPorts(jack)
	return (play|record) != 0 && play&^n.elsewhere[0] == 0 && record&^n.elsewhere[1] == 0
}

// element returns the first of names that exists, has that type and can be set, or nil.
func (b *binder) element(kind abi.ElemType, names ...string) *Element {
	for _, name := range names {
		e := b.elements[ID{Interface: abi.MixerElem, Name: name, Index: b.index}]
		if e != nil && e.Type == kind && e.Writable && e.Count > 0 {
			return e
		}
	}
	return nil
}

func (b *binder) toggle(names ...string) *Element { return b.element(abi.Boolean, names...) }
func (b *binder) volume(names ...string) *Element { return b.element(abi.Number, names...) }
func (b *binder) choice(names ...string) *Element { return b.element(abi.Enumerated, names...) }

// bind returns the side as configured.
func (b *binder) bind(d audio.Direction, c SideNames) (s side, err error) {
	if c.Ports == nil {
		s = b.auto(d)
	} else {
		s, err = b.explicit(d, c.Ports)
	}
	if err != nil {
		return side{}, err
	}
	if s.main != nil && slices.ContainsFunc(s.ports, func(p port) bool {
		return slices.ContainsFunc(p.ways, func(w way) bool { return w.sw == s.main })
	}) {
		s.main = nil
	}
	s.gains = b.gainsOf(d, &s)
	if c.Volume != "" {
		e, err := b.named(d.String()+".volume", c.Volume, abi.Number)
		if err != nil {
			return side{}, err
		}
		s.gains = []*Element{e}
	}
	s.common = append(s.common, b.unity(d, &s)...)
	slices.SortFunc(s.ports, func(a, b port) int { return int(a.bit) - int(b.bit) })
	return s, nil
}

// explicit binds the ports that the configuration names.
func (b *binder) explicit(d audio.Direction, ports map[audio.Ports]PortNames) (s side, err error) {
	for bit, c := range ports {
		key := d.String() + ".ports." + bit.Names(d)
		if bit == 0 || bit&(bit-1) != 0 || bit&^audio.AllPorts(d) != 0 {
			return s, audio.ErrInvalid.With("%s: that is not one port of %s", key, audio.AllPorts(d).Names(d))
		}
		w := way{jacks: b.jacksOf(d, bit)}
		if c.Jack != "" {
			w.jacks = b.jackNamed(c.Jack)
			if len(w.jacks) == 0 && c.Jack != "none" {
				return s, audio.ErrInvalid.With("%s.jack: the card has no jack %q; %s", key, c.Jack, b.jackList())
			}
		}
		if c.Switch != "" {
			if w.sw, err = b.named(key+".switch", c.Switch, abi.Boolean); err != nil {
				return s, err
			}
			w.base = strings.TrimSuffix(strings.TrimSuffix(w.sw.ID.Name, " Capture Switch"), " Playback Switch")
		}
		if c.Volume != "" {
			v, err := b.named(key+".volume", c.Volume, abi.Number)
			if err != nil {
				return s, err
			}
			w.volumes = []*Element{v}
		}
		if c.Source != "" || c.Item != "" {
			if w.source, err = b.named(key+".source", c.Source, abi.Enumerated); err != nil {
				return s, err
			}
			w.item = int64(slices.Index(w.source.Items, c.Item))
			if w.item < 0 {
				return s, audio.ErrInvalid.With("%s.item: control %q has no item %q; it has %s", key, c.Source, c.Item,
					quoted(w.source.Items))
			}
			w.base = c.Item
		}
		s.add(bit, w)
	}
	s.main, s.common = b.commonOf(d)
	return s, nil
}

// named returns the element with exactly this name.
func (b *binder) named(key, name string, kind abi.ElemType) (*Element, error) {
	id, err := ParseID(name)
	if err != nil {
		return nil, audio.ErrInvalid.With("%s: %v", key, err)
	}
	e := b.elements[id]
	what := map[abi.ElemType]string{abi.Boolean: "a switch", abi.Number: "a volume", abi.Enumerated: "an enumeration"}
	switch {
	case e == nil:
		return nil, audio.ErrInvalid.With("%s: the card has no control %q; it has %s", key, name, quoted(b.names))
	case e.Type != kind || e.Count == 0:
		return nil, audio.ErrInvalid.With("%s: control %q is %s, and has to be %s", key, name, what[e.Type], what[kind])
	case !e.Writable:
		return nil, audio.ErrInvalid.With("%s: control %q cannot be set", key, name)
	}
	return e, nil
}

func (b *binder) jackList() string {
	var names []string
	for _, e := range b.jacks {
		names = append(names, e.ID.Name)
	}
	if names == nil {
		return `it has none: use "none"`
	}
	return "it has " + quoted(names)
}

func quoted(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return `"` + strings.Join(names, `", "`) + `"`
}
