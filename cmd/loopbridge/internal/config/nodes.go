package config

import (
	"fmt"
	"io/fs"
	"slices"
)

// Nodes is [nodes]: device files below /dev for loops and devices.
type Nodes struct {
	Make  bool        // there are some
	Owner string      // of each; "": whoever runs the daemon, or what udev says
	Group string      // likewise
	Mode  fs.FileMode // of each, 0600..0777
	DSP   string      // the loop that is also /dev/dsp; "": none
	Audio string      // the device that is also /dev/audio and /dev/audioctl; "": none
	Mixer string      // the device that is also /dev/mixer; "": none
}

func (b *binder) nodes(n *Nodes, v any) {
	b.table("nodes", v, []field{
		{"make", setBool(&n.Make)},
		{"owner", setAccount(&n.Owner, `the name of a user, or ""`)},
		{"group", setAccount(&n.Group, `the name of a group, or ""`)},
		{"mode", setMode(&n.Mode)},
		{"dsp", setOptionalName(&n.DSP, "the name of a loop")},
		{"audio", setOptionalName(&n.Audio, "the name of a device")},
		{"mixer", setOptionalName(&n.Mixer, "the name of a device")},
	})
}

// setOptionalName accepts a name, or "".
func setOptionalName(to *string, what string) func(any) string {
	set := setName(to)
	return func(v any) string {
		if v == "" {
			*to = ""
			return ""
		}
		if _, text := v.(string); !text {
			return wrongType(v, what+`, or ""`)
		}
		return set(v)
	}
}

// ofNodes checks that what has a second node is there.
func (b *binder) ofNodes(c *Config) {
	n := &c.Daemon.Nodes
	if n.DSP != "" && c.Loop(n.DSP) == nil && !b.partial {
		b.wrong("nodes.dsp", "no such loop, use the name of a [[loop]]")
	}
	for key, name := range map[string]string{"nodes.audio": n.Audio, "nodes.mixer": n.Mixer} {
		if name != "" && c.device(name) == nil && !b.partial {
			b.wrong(key, "no such device, use the name of a [[device]]")
		}
	}
}

func (n *Nodes) keys() []key {
	return []key{
		live("nodes.make", n.Make), live("nodes.owner", n.Owner), live("nodes.group", n.Group), live("nodes.mode", fmt.Sprintf("%04o", n.Mode)),
		live("nodes.dsp", n.DSP), live("nodes.audio", n.Audio), live("nodes.mixer", n.Mixer),
	}
}

// alsoKeys returns keys with those of the nodes.
func (d *Daemon) alsoKeys(keys []key) []key { return slices.Concat(keys, d.Nodes.keys()) }
