package audio

import (
	"iter"

	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// Direction is one side of a device as audio(7I) sees it, or both.
type Direction uint8

// The sides. Play|Record is a device opened for both.
const (
	Play   Direction = 1
	Record Direction = 2
)

// Directions returns both sides, ordered by Index.
func Directions() [2]Direction { return [...]Direction{Play, Record} }

// Index returns 0 for Play and 1 for Record.
func (d Direction) Index() int { return int(d>>1) & 1 }

// Opposite returns what the other end of a loop does: Play for Record, Record for Play, else 0.
func (d Direction) Opposite() Direction {
	switch d {
	case Play:
		return Record
	case Record:
		return Play
	}
	return 0
}

// String returns "play", "record" or "play+record".
func (d Direction) String() string { return bits.Text(uint32(d), []string{"play", "record"}) }

// Ports is a set of the jacks of one side, as bits of audio(7I). The same bit names a different
// jack on the other side, so a name needs the Direction.
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

// PortNames returns the names of the bits of a side, lowest first.
func PortNames(d Direction) []string {
	if d == Record {
		return []string{"microphone", "line_in", "cd", "spdif_in", "aux1_in", "aux2_in", "codec_loopb_in", "sunvts"}
	}
	return []string{"speaker", "headphone", "line_out", "spdif_out", "aux1_out", "aux2_out"}
}

// AllPorts returns every port that a side can have.
func AllPorts(d Direction) Ports { return 1<<len(PortNames(d)) - 1 }

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

// Names returns the set as text, such as "headphone+line_out", or "none". A bit without a name
// is a number.
func (p Ports) Names(d Direction) string { return bits.Text(uint32(p), PortNames(d)) }

// ParsePorts parses the output of Names, ignoring case, and numbers such as 3 or 0x3. The error,
// ErrInvalid, lists the valid names.
func ParsePorts(d Direction, text string) (Ports, error) {
	v, ok := bits.Parse(text, PortNames(d))
	if !ok {
		return 0, ErrInvalid.With("%s port %q is unknown; use %s", d, bits.Shorten(text), bits.Range(PortNames(d)))
	}
	return Ports(v), nil
}
