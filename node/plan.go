package node

import (
	"strings"

	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Kind is what a node gives.
type Kind uint8

// The kinds.
const (
	Loop    Kind = iota + 1 // an end of a loop, with the calls of OSS
	Audio                   // a device, with those of audio(7I)
	Control                 // its state alone
	Mixer                   // its volumes, with the calls of OSS 3
)

// String returns "loop", "audio", "audioctl" or "mixer".
func (k Kind) String() string {
	switch k {
	case Loop:
		return "loop"
	case Audio:
		return "audio"
	case Control:
		return "audioctl"
	case Mixer:
		return "mixer"
	}
	return "unknown"
}

// Folder is where the nodes are, below /dev.
const Folder = "loopbridge"

// Spec is a node that should be there.
type Spec struct {
	Path string   // below /dev
	Kind Kind     //
	Of   string   // the loop or the device
	Role pcm.Role // of a loop's end
	// Device is the server end of a loop; "": a program is.
	Device string
}

// Names says which nodes there are beside the usual ones.
type Names struct {
	DSP   string // the loop whose client end /dev/dsp is; "": there is none
	Audio string // the device that /dev/audio and /dev/audioctl are
	Mixer string // the device that /dev/mixer is
}

// Plan returns the nodes of loops and devices, in their order. attached returns the device that is the server end of a loop,
// "" for one of a program.
func Plan(loops []string, attached func(string) string, devices []string, n Names) (all []Spec) {
	for _, l := range loops {
		all = append(all, Spec{Path: path(l), Kind: Loop, Of: l, Role: pcm.Client, Device: attached(l)})
		if attached(l) == "" {
			all = append(all, Spec{Path: path(l) + ".server", Kind: Loop, Of: l, Role: pcm.Server})
		}
		if l == n.DSP {
			all = append(all, Spec{Path: "dsp", Kind: Loop, Of: l, Role: pcm.Client, Device: attached(l)})
		}
	}
	for _, d := range devices {
		all = append(all, Spec{Path: path(d) + ".audio", Kind: Audio, Of: d}, Spec{Path: path(d) + ".audioctl", Kind: Control, Of: d},
			Spec{Path: path(d) + ".mixer", Kind: Mixer, Of: d})
		if d == n.Audio {
			all = append(all, Spec{Path: "audio", Kind: Audio, Of: d}, Spec{Path: "audioctl", Kind: Control, Of: d})
		}
		if d == n.Mixer {
			all = append(all, Spec{Path: "mixer", Kind: Mixer, Of: d})
		}
	}
	return all
}

// path returns the node of a loop or device, below /dev. Names have no slash and are no "..": a configuration refuses those.
func path(name string) string { return Folder + "/" + strings.ReplaceAll(name, "/", "-") }
