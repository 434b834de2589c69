package audio

import (
	"fmt"
	"slices"
	"strings"
)

// Position is where the loudspeaker or microphone of a channel stands. Names and numbers are
// ALSA's (SND_CHMAP_FL …) and part of the wire protocol. The zero value is nowhere in particular.
type Position uint8

// The positions that mean something to this package: those of layouts up to 7.1 and of a WAV
// file's mask. ALSA's others have names below and are carried.
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

// positionNames holds ALSA's names, by number. A number without a name is not a position.
var positionNames = [...]string{
	2: "MONO", 3: "FL", 4: "FR", 5: "RL", 6: "RR", 7: "FC", 8: "LFE", 9: "SL", 10: "SR", 11: "RC", 12: "FLC", 13: "FRC",
	14: "RLC", 15: "RRC", 16: "FLW", 17: "FRW", 18: "FLH", 19: "FCH", 20: "FRH", 21: "TC", 22: "TFL", 23: "TFR",
	24: "TFC", 25: "TRL", 26: "TRR", 27: "TRC", 28: "TFLC", 29: "TFRC", 30: "TSL", 31: "TSR", 32: "LLFE", 33: "RLFE",
	34: "BC", 35: "BLC", 36: "BRC",
}

// Valid reports whether p is a position.
func (p Position) Valid() bool { return int(p) < len(positionNames) && positionNames[p] != "" }

// String returns ALSA's name.
func (p Position) String() string {
	if !p.Valid() {
		return fmt.Sprintf("position(%d)", uint8(p))
	}
	return positionNames[p]
}

// MaxPositions is how many channels may have positions. Wider streams have none.
const MaxPositions = 16

// Positions holds where the channels of a stream stand, in order, padded with zeros. The zero
// value means unknown: such a stream is passed straight on, channel i to channel i.
type Positions [MaxPositions]Position

// PositionsOf returns the positions in list, or none if there are too many.
func PositionsOf(list ...Position) (p Positions) {
	if len(list) <= len(p) {
		copy(p[:], list)
	}
	return p
}

// ParsePositions parses names such as "FL FR FC LFE RL RR", separated by spaces or commas.
// ErrInvalid names the one that is unknown or repeated.
func ParsePositions(text string) (p Positions, err error) {
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	if len(names) > MaxPositions {
		return p, ErrInvalid.With("%d positions are too many; use at most %d", len(names), MaxPositions)
	}
	for i, name := range names {
		n := slices.Index(positionNames[:], name)
		switch {
		case n < 0:
			return Positions{}, ErrInvalid.With(
				"%s is not a position; use ALSA's names, such as FL FR RL RR FC LFE SL SR RC", name)
		case slices.Contains(p[:i], Position(n)):
			return Positions{}, ErrInvalid.With("%s is given twice", name)
		}
		p[i] = Position(n)
	}
	return p, nil
}

// Known reports whether there are any positions.
func (p Positions) Known() bool { return p != Positions{} }

// IsZero is the opposite of Known.
func (p Positions) IsZero() bool { return !p.Known() }

// list returns p without the zeros at its end.
func (p *Positions) list() []Position {
	n := len(p)
	for n > 0 && p[n-1] == 0 {
		n--
	}
	return p[:n]
}

// String returns the names separated by spaces, "" for none.
func (p Positions) String() string {
	var names []string
	for _, x := range p.list() {
		names = append(names, x.String())
	}
	return strings.Join(names, " ")
}

// MarshalText returns String.
func (p Positions) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText calls ParsePositions.
func (p *Positions) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePositions(string(text))
	return err
}

// fit returns why p cannot be the positions of that many channels, or nil.
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
			return ErrInvalid.With("channel %d has an unknown position (%d)", i+1, uint8(x))
		}
		if slices.Contains(list[:i], x) {
			return ErrInvalid.With("two channels have the position %s", x)
		}
	}
	return nil
}

// DefaultPositions returns ALSA's order of 1 to 8 channels, which is assumed of streams without
// positions, or none for more channels.
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

// Stand returns f.Positions, or DefaultPositions if they are unknown.
func (f Format) Stand() Positions {
	if f.Positions.Known() {
		return f.Positions
	}
	return DefaultPositions(f.Channels)
}

// Pan is the side on which a listener hears a position.
type Pan uint8

// The values of Pan.
const (
	PanMiddle Pan = iota // or nowhere in particular
	PanLeft
	PanRight
)

// Pan returns the side of p.
func (p Position) Pan() Pan {
	switch p {
	case FrontLeft, RearLeft, SideLeft, FrontLeftOfCentre, 14, 16, 18, 22, 25, 28, 30, 35:
		return PanLeft
	case FrontRight, RearRight, SideRight, FrontRightOfCentre, 15, 17, 20, 23, 26, 29, 31, 36:
		return PanRight
	}
	return PanMiddle
}

// Pans returns the side of each channel, by Stand. It allocates.
func (f Format) Pans() []Pan {
	pans := make([]Pan, f.Channels)
	for i, p := range f.Stand() {
		if i < len(pans) {
			pans[i] = p.Pan()
		}
	}
	return pans
}
