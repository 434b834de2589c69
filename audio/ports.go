package audio

import (
	"iter"
	"strconv"
	"strings"
)

// Direction is a side of a device as audio(7I) sees it, or both.
type Direction uint8

// The sides. Play|Record is a device opened for both.
const (
	Play   Direction = 1
	Record Direction = 2
)

// Directions returns both sides, by their index.
func Directions() [2]Direction { return [...]Direction{Play, Record} }

// Index returns 0 for Play and 1 for Record.
func (d Direction) Index() int { return int(d>>1) & 1 }

// String is "play", "record" or "play+record".
func (d Direction) String() string { return bitText(uint32(d), []string{"play", "record"}) }

// Ports is a set of the jacks of one side, with the bits of audio(7I). The same bit is
// another jack on the other side, so that a name needs the Direction.
type Ports uint32

// The outputs, for Play.
const (
	PortSpeaker Ports = 1 << iota
	PortHeadphone
	PortLineOut
	PortSPDIFOut
	PortAux1Out
	PortAux2Out
)

// The inputs, for Record.
const (
	PortMicrophone Ports = 1 << iota
	PortLineIn
	PortCD
	PortSPDIFIn
	PortAux1In
	PortAux2In
	PortCodecLoopIn
	PortSunVTS
)

func portNames(d Direction) []string {
	if d == Record {
		return []string{"microphone", "line_in", "cd", "spdif_in", "aux1_in", "aux2_in", "codec_loopb_in", "sunvts"}
	}
	return []string{"speaker", "headphone", "line_out", "spdif_out", "aux1_out", "aux2_out"}
}

// AllPorts are the ports that a side can have.
func AllPorts(d Direction) Ports { return 1<<len(portNames(d)) - 1 }

// All yields the ports of the set one by one, lowest bit first.
func (p Ports) All() iter.Seq[Ports] {
	return func(yield func(Ports) bool) {
		for left := p; left != 0; left &= left - 1 {
			if !yield(left & -left) {
				return
			}
		}
	}
}

// Names is the set as text, such as "headphone+line_out"; "none" if it is empty. A bit
// without a name is a number.
func (p Ports) Names(d Direction) string { return bitText(uint32(p), portNames(d)) }

// ParsePorts reads what Names wrote, in any case, and numbers such as 3 or 0x3. The
// error (EINVAL) lists the names that are allowed.
func ParsePorts(d Direction, text string) (Ports, error) {
	v, ok := parseBits(text, portNames(d))
	if !ok {
		return 0, ErrInvalid.With("%s port %q is unknown; use %s", d, shorten(text), bitRange(portNames(d)))
	}
	return Ports(v), nil
}

// HWFeatures is what the device can do: hw_features.
type HWFeatures uint32

// The bits of hw_features.
const (
	HWDuplex  HWFeatures = 1 << iota // plays and records at the same time
	HWMSCodec                        // the codec is a multi-stream one
	HWIn2Out                         // has a monitor path: monitor_gain can be set
	HWPlay                           // has a play side
	HWRecord                         // has a record side
)

func hwNames() []string { return []string{"duplex", "mscodec", "in2out", "play", "record"} }

// String is the names, such as "duplex+play+record", or "none".
func (h HWFeatures) String() string { return bitText(uint32(h), hwNames()) }

// sides are the directions that the device has.
func (h HWFeatures) sides() (d Direction) {
	if h&HWPlay != 0 {
		d |= Play
	}
	if h&HWRecord != 0 {
		d |= Record
	}
	return d
}

// SWFeatures is what the driver adds: sw_features.
type SWFeatures uint32

// SWMixer is the only bit of sw_features: several programs can play at once.
const SWMixer SWFeatures = 1

func swNames() []string { return []string{"mixer"} }

// String is "mixer" or "none".
func (s SWFeatures) String() string { return bitText(uint32(s), swNames()) }

// bitText is the names of the bits joined with "+". Bits beyond the names are one
// number at the end.
func bitText(v uint32, names []string) string {
	if v == 0 {
		return "none"
	}
	var parts []string
	for i, name := range names {
		if v&(1<<i) != 0 {
			parts = append(parts, name)
			v &^= 1 << i
		}
	}
	if v != 0 {
		parts = append(parts, "0x"+strconv.FormatUint(uint64(v), 16))
	}
	return strings.Join(parts, "+")
}

// parseBits reads what bitText wrote; each part may be a number.
func parseBits(text string, names []string) (v uint32, ok bool) {
	if strings.EqualFold(strings.TrimSpace(text), "none") {
		return 0, true
	}
	for part := range strings.SplitSeq(text, "+") {
		bit, ok := parseBit(strings.TrimSpace(part), names)
		if !ok {
			return 0, false
		}
		v |= bit
	}
	return v, true
}

func parseBit(part string, names []string) (uint32, bool) {
	for i, name := range names {
		if strings.EqualFold(part, name) {
			return 1 << i, true
		}
	}
	v, reason := parseWhole(part)
	return v, reason == ""
}

// bitRange tells a person what parseBits reads.
func bitRange(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1] + ", joined with +"
}
