package config

import (
	"fmt"
	"slices"

	"github.com/loopbridge/loopbridge/audio/state"
)

// crossCheck checks the rules between tables and adds the implicit ones: the device null, and
// four loops if none is listed.
func (b *binder) crossCheck(c *Config) {
	devices := make([]string, len(c.Devices))
	for i, d := range c.Devices {
		devices[i] = d.Name
	}
	b.unique("device", devices)
	b.outputsAlone(c.Devices)
	loops := make([]string, len(c.Loops))
	for i, l := range c.Loops {
		loops[i] = l.Name
	}
	b.unique("loop", loops)

	sides(c)
	b.monitored(c.Devices)
	b.directed(c)
	if !slices.Contains(devices, NullDevice) {
		c.Devices = append([]Device{DefaultNull()}, c.Devices...)
		devices = append([]string{NullDevice}, devices...)
	}
	for i, l := range c.Loops {
		if !slices.Contains(devices, l.Device) && !b.partial {
			known := slices.DeleteFunc(slices.Clone(devices), func(name string) bool { return name == "" })
			path := join(element("loop", i), "device")
			if !b.given(path) {
				path = join(join(element("loop", i), "server"), "device")
			}
			b.wrong(path, "no such device, use "+oneOf(known))
		}
	}
	b.devicePositions(c)
	if len(c.Loops) == 0 {
		c.Loops = defaultLoops()
	}
	b.cords(c)
	b.watched(c)
	b.taps(c)
	b.overTCP(&c.Daemon)
	b.ofNodes(c)
	sides(c)
}

// monitored reports a monitor_gain without an input or an output.
func (b *binder) monitored(devices []Device) {
	for i, d := range devices {
		gain, _ := d.State.Get(state.MonitorGain)
		records, plays := d.Record || d.Input != Input{}, d.Play || d.Output != ""
		path := join(element("device", i), "monitor_gain")
		if b.given(path) && gain > 0 && !(records && plays) {
			b.wrong(path, "the device does not both record and play, "+
				"give it an input and an output or attach loops to both sides")
		}
	}
}

// unique reports every repetition of a name.
func (b *binder) unique(table string, names []string) {
	first := map[string]int{}
	for i, name := range names {
		if name == "" {
			continue // reported already
		}
		if j, taken := first[name]; taken {
			key := join(element(table, j), "name")
			b.wrong(join(element(table, i), "name"),
				fmt.Sprintf("already the name of %s (line %d), use another one", element(table, j), b.line(key)))
			continue
		}
		first[name] = i
	}
}
