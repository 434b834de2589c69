package controls

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// codec is a chip of an HD Audio card, as in /proc/asound/card0/codec#1. The controls of several
// codecs have equal names and differ in their index.
type codec struct {
	devices      []int       // PCMs
	index        int         // the lowest of its controls; −1: unknown
	play, record audio.Ports // of its pins
}

// codecsOf reads the codecs of a card; only HD Audio cards have some.
func codecsOf(root fs.FS, card int) (all []codec) {
	names, _ := fs.Glob(root, fmt.Sprintf("proc/asound/card%d/codec#*", card))
	for _, name := range names {
		if text, err := fs.ReadFile(root, name); err == nil {
			all = append(all, parseCodec(string(text)))
		}
	}
	return all
}

// parseCodec parses the lines that name the parts of a codec:
//
//	Node 0x02 [Audio Output] wcaps 0x1d: Stereo Amp-Out
//	  Control: name="Master Playback Volume", index=10, device=0
//	  Device: name="Generic Analog", type="Audio", device=2
//	  Pin Default 0x00004010: [Jack] Line Out at Ext N/A
func parseCodec(text string) codec {
	c := codec{index: -1}
	for line := range strings.Lines(text) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		var n int
		switch {
		case kind == "Control" && field(rest, ", index=", &n) && (c.index < 0 || n < c.index):
			c.index = n
		case kind == "Device" && field(rest, ", device=", &n) && !slices.Contains(c.devices, n):
			c.devices = append(c.devices, n)
		case strings.HasPrefix(kind, "Pin Default ") && !strings.HasPrefix(rest, "[N/A]"):
			_, use, _ := strings.Cut(rest, "] ")
			use, _, _ = strings.Cut(use, " at ")
			play, record := pinPorts(use)
			c.play, c.record = c.play|play, c.record|record
		}
	}
	return c
}

// field parses the number after the last occurrence of key: names come before numbers.
func field(text, key string, to *int) bool {
	at := strings.LastIndex(text, key)
	if at < 0 {
		return false
	}
	n, err := fmt.Sscanf(text[at+len(key):], "%d", to)
	return n == 1 && err == nil && *to >= 0
}

// pinPorts returns the port for the kernel's name of the use of a pin.
func pinPorts(use string) (play, record audio.Ports) {
	play = map[string]audio.Ports{
		"Line Out": audio.PortLineOut, "Speaker": audio.PortSpeaker, "HP Out": audio.PortHeadphone,
		"SPDIF Out": audio.PortSPDIFOut, "Digital Out": audio.PortSPDIFOut,
	}[use]
	record = map[string]audio.Ports{
		"CD": audio.PortCD, "Line In": audio.PortLineIn, "Aux": audio.PortAux1In, "Mic": audio.PortMicrophone,
		"SPDIF In": audio.PortSPDIFIn, "Digital In": audio.PortSPDIFIn,
	}[use]
	return play, record
}

// choose sets the index of the names from the codec of a PCM.
func (n *Names) choose(codecs []codec, device int) {
	own := slices.IndexFunc(codecs, func(c codec) bool { return slices.Contains(c.devices, device) })
	if own < 0 {
		return
	}
	if n.Index == OwnIndex {
		n.Index = max(codecs[own].index, 0)
	}
	for i, other := range codecs {
		if i != own {
			n.elsewhere[0] |= other.play &^ codecs[own].play
			n.elsewhere[1] |= other.record &^ codecs[own].record
		}
	}
}
