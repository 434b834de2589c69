package audio

import (
	"fmt"
	"slices"
	"strings"
)

// Position is where the loudspeaker of a channel stands, or its microphone. Names and
// numbers are those of ALSA (SND_CHMAP_FL …), and are part of the wire protocol. The zero
// value is nowhere in particular.
type Position uint8

// The positions that have a meaning to this package: those of up to 7.1, and those of a WAV
// file's mask. ALSA has more, which have names here, too, and are carried.
const (
	Mono Position = iota + 2
	FrontLeft
	FrontRight
	RearLeft
	RearRight
	FrontCentre
	LowFrequency
	SideLeft
	SideRight
	RearCentre
	FrontLeftOfCentre
	FrontRightOfCentre
)

// positionNames are ALSA's, by number. Those without a name are no positions.
var positionNames = [...]string{
	2: "MONO", 3: "FL", 4: "FR", 5: "RL", 6: "RR", 7: "FC", 8: "LFE", 9: "SL", 10: "SR", 11: "RC", 12: "FLC", 13: "FRC",
	14: "RLC", 15: "RRC", 16: "FLW", 17: "FRW", 18: "FLH", 19: "FCH", 20: "FRH", 21: "TC", 22: "TFL", 23: "TFR", 24: "TFC",
	25: "TRL", 26: "TRR", 27: "TRC", 28: "TFLC", 29: "TFRC", 30: "TSL", 31: "TSR", 32: "LLFE", 33: "RLFE", 34: "BC",
	35: "BLC", 36: "BRC",
}

// Valid reports whether p is a position.
func (p Position) Valid() bool { return int(p) < len(positionNames) && positionNames[p] != "" }

// String is ALSA's name.
func (p Position) String() string {
	if !p.Valid() {
		return fmt.Sprintf("position(%d)", uint8(p))
	}
	return positionNames[p]
}

// MaxPositions is how many channels may have positions; those of more have none.
const MaxPositions = 16

// Positions are where the channels of a stream stand, in their order, and zeros behind
// them. The zero value is "none are known": such a stream is passed on straight, channel i
// to channel i.
type Positions [MaxPositions]Position

// PositionsOf is for so many channels; none if there are too many.
func PositionsOf(list ...Position) (p Positions) {
	if len(list) <= len(p) {
		copy(p[:], list)
	}
	return p
}

// ParsePositions reads names such as "FL FR FC LFE RL RR", also with commas between them.
// ErrInvalid says which is none, or is there twice.
func ParsePositions(text string) (p Positions, err error) {
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	if len(names) > MaxPositions {
		return p, ErrInvalid.With("%d positions are too many; use at most %d", len(names), MaxPositions)
	}
	for i, name := range names {
		n := slices.Index(positionNames[:], name)
		switch {
		case n < 0:
			return Positions{}, ErrInvalid.With("%s is no position; use ALSA's names, such as FL FR RL RR FC LFE SL SR RC", name)
		case slices.Contains(p[:i], Position(n)):
			return Positions{}, ErrInvalid.With("%s is there twice", name)
		}
		p[i] = Position(n)
	}
	return p, nil
}

// Known reports whether there are any.
func (p Positions) Known() bool { return p != Positions{} }

// IsZero is the opposite of Known.
func (p Positions) IsZero() bool { return !p.Known() }

// list is without the zeros behind.
func (p *Positions) list() []Position {
	n := len(p)
	for n > 0 && p[n-1] == 0 {
		n--
	}
	return p[:n]
}

// String is the names with spaces between them, "" for none.
func (p Positions) String() string {
	var names []string
	for _, x := range p.list() {
		names = append(names, x.String())
	}
	return strings.Join(names, " ")
}

// MarshalText is String.
func (p Positions) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePositions.
func (p *Positions) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePositions(string(text))
	return err
}

// fit says why p cannot be those of so many channels; nil if they can, or are none.
func (p Positions) fit(channels int) error {
	list := p.list()
	if len(list) == 0 {
		return nil
	}
	if len(list) != channels {
		return ErrInvalid.With("%d positions do not fit %d channels", len(list), channels)
	}
	for i, x := range list {
		if !x.Valid() {
			return ErrInvalid.With("channel %d has no position that is known (%d)", i+1, uint8(x))
		}
		if slices.Contains(list[:i], x) {
			return ErrInvalid.With("two channels have the position %s", x)
		}
	}
	return nil
}

// DefaultPositions is ALSA's order of 1 to 8 channels, which streams have that say nothing
// where somebody asks; none for more.
//
//	1  MONO                    5  FL FR RL RR FC
//	2  FL FR                   6  FL FR RL RR FC LFE
//	3  FL FR FC                7  FL FR RL RR FC LFE RC
//	4  FL FR RL RR             8  FL FR RL RR FC LFE SL SR
func DefaultPositions(channels int) Positions {
	all := []Position{FrontLeft, FrontRight, RearLeft, RearRight, FrontCentre, LowFrequency, SideLeft, SideRight}
	switch channels {
	case 1:
		return PositionsOf(Mono)
	case 3:
		return PositionsOf(FrontLeft, FrontRight, FrontCentre)
	case 7:
		return PositionsOf(FrontLeft, FrontRight, RearLeft, RearRight, FrontCentre, LowFrequency, RearCentre)
	case 2, 4, 5, 6, 8:
		return PositionsOf(all[:channels]...)
	}
	return Positions{}
}

// Stand is where the channels stand: what f says, else DefaultPositions.
func (f Format) Stand() Positions {
	if f.Positions.Known() {
		return f.Positions
	}
	return DefaultPositions(f.Channels)
}

// Pan is where a position is to who listens.
type Pan uint8

// The values of Pan.
const (
	PanMiddle Pan = iota // or nowhere in particular
	PanLeft
	PanRight
)

// Pan is where p is.
func (p Position) Pan() Pan {
	switch p {
	case FrontLeft, RearLeft, SideLeft, FrontLeftOfCentre, 14, 16, 18, 22, 25, 28, 30, 35:
		return PanLeft
	case FrontRight, RearRight, SideRight, FrontRightOfCentre, 15, 17, 20, 23, 26, 29, 31, 36:
		return PanRight
	}
	return PanMiddle
}

// Pans are those of all channels, by Stand. It allocates.
func (f Format) Pans() []Pan {
	pans := make([]Pan, f.Channels)
	for i, p := range f.Stand() {
		if i < len(pans) {
			pans[i] = p.Pan()
		}
	}
	return pans
}
