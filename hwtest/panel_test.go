package hwtest_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
)

// panel is the controls of a card's mixer as the kernel has them, by the names that the
// configuration has for them: "Master Playback Switch,10" has index 10. In a machine that
// emulates its processor amixer would take most of the time of a case.
type panel map[string]knob

// knob is a control.
type knob struct {
	controls.Element
	values []int64
}

func (b *bench) panel() panel {
	b.Helper()
	c, err := controls.OpenElements(b.card.Number)
	if err != nil {
		b.Fatalf("%v", err)
	}
	defer c.Close()
	list, err := c.List()
	if err != nil {
		b.Fatalf("%v", err)
	}
	p := panel{}
	for _, e := range list {
		if e.ID.Interface != abi.MixerElem || !e.Readable {
			continue
		}
		values, err := c.Read(e.ID)
		if err != nil {
			b.Fatalf("%v", err)
		}
		p[e.ID.String()] = knob{e, slices.Clone(values)}
	}
	return p
}

// has reports whether there is a control.
func (p panel) has(name string) bool { _, ok := p[name]; return ok }

// on reports whether a switch is on for any channel.
func (p panel) on(name string) bool { return slices.Contains(p[name].values, 1) }

// differs lists the controls that have other values than before.
func (p panel) differs(before panel) (names []string) {
	for name, k := range p {
		if !slices.Equal(k.values, before[name].values) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// element is what amixer calls a control.
func element(name string) string {
	name, index, _ := strings.Cut(name, ",")
	if index == "" {
		index = "0"
	}
	return fmt.Sprintf("iface=MIXER,name='%s',index=%s", name, index)
}

// of is a control of those that amixer sums up as one: 'Playback Volume' of "Master,10" is
// "Master Playback Volume,10".
func of(simple, what string) string {
	name, index, more := strings.Cut(simple, ",")
	if more {
		index = "," + index
	}
	return name + " " + what + index
}

// turn sets a control, if there is one, to its most or to its least: a switch on or off.
func (b *bench) turn(name string, up bool) {
	b.Helper()
	k, ok := b.panel()[name]
	if !ok {
		return
	}
	value := k.Min
	if up {
		value = k.Max
	}
	c, err := controls.OpenElements(b.card.Number)
	if err != nil {
		b.Fatalf("%v", err)
	}
	defer c.Close()
	if err := c.Write(k.ID, slices.Repeat([]int64{value}, k.Count)); err != nil {
		b.Fatalf("%v", err)
	}
}

// String is the values as amixer writes them.
func (k knob) String() string {
	var text []string
	for _, v := range k.values {
		switch {
		case k.Type != abi.Boolean:
			text = append(text, fmt.Sprint(v))
		case v == 0:
			text = append(text, "off")
		default:
			text = append(text, "on")
		}
	}
	return strings.Join(text, ",")
}
