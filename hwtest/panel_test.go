package hwtest_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// panel is the controls of a card's mixer as the kernel has them, by the names that the
// configuration has for them: "Master Playback Switch,10" has index 10. It takes a
// hundredth of the time of amixer.
type panel map[string]knob

// knob is a control.
type knob struct {
	alsa.Element
	values []int64
}

func (b *bench) panel() panel {
	b.Helper()
	c, err := alsa.OpenControls(b.card.Number)
	if err != nil {
		b.Fatalf("%v", err)
	}
	defer c.Close()
	list, err := c.Elements()
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

// String is the values of all, to be compared.
func (p panel) String() string {
	var lines []string
	for name, k := range p {
		lines = append(lines, fmt.Sprintf("%s: %d", name, k.values))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
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
