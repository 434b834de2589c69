package state

import (
	"iter"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// Field is a line of the table of fields in docs/decisions.md: one value of an Info. Numbers are part of
// protocols and never change; they are printed in the order of the numbers, but delay is with
// its side. 0 is no field.
type Field uint8

// All fields.
const (
	PlaySampleRate Field = iota + 1
	PlayChannels
	PlayPrecision
	PlayEncoding
	PlayGain
	PlayGainDB
	PlayPort
	PlayAvailPorts
	PlayModPorts
	PlayBufferSize
	PlaySamples
	PlayEOF
	PlayPause
	PlayError
	PlayWaiting
	PlayBalance
	PlayOpen
	PlayActive
	RecordSampleRate
	RecordChannels
	RecordPrecision
	RecordEncoding
	RecordGain
	RecordGainDB
	RecordPort
	RecordAvailPorts
	RecordModPorts
	RecordBufferSize
	RecordSamples
	RecordEOF
	RecordPause
	RecordError
	RecordWaiting
	RecordBalance
	RecordOpen
	RecordActive
	MonitorGain
	OutputMuted
	RefCount
	HWFeatureBits
	SWFeatureBits
	PlayDelay // not of audio(7I); numbers never change, so what is new is last
	RecordDelay
	endOfFields
)

// sideFields is how many fields each side has.
const sideFields = RecordSampleRate - PlaySampleRate

// Access says what a set does with a field.
type Access uint8

// What a set does. Access is a set of them; 0 is a field that cannot be set.
const (
	Settable  Access = 1 << iota // can be set
	WhileOpen                    // a set is ignored while the side is closed (rule 2.5.2)
	RaiseOnly                    // only 1 has an effect: waiting (rule 2.5.3)
	Counts                       // counts or sticks by itself; a set returns the value from before (D18)
	OfFormat                     // part of the format: the rules say who may set it (D11, D24)
	NoEffect                     // may be named in a set, which ignores it: record.eof (rule 2.5.4)
	Kept                         // survives close, open and restart (D25)
	Derived                      // follows from another field: gain_db from gain, precision from encoding
)

// String is for people: "read-only", "settable while open".
func (a Access) String() string {
	words := []string{"settable"}
	switch {
	case a&Settable == 0:
		return "read-only"
	case a&NoEffect != 0:
		return "settable without effect"
	case a&OfFormat != 0:
		words = append(words, "by who holds the stream")
	case a&RaiseOnly != 0:
		words = append(words, "to 1")
	}
	if a&WhileOpen != 0 {
		words = append(words, "while open")
	}
	if a&Counts != 0 {
		words = append(words, "returns the old value")
	}
	return strings.Join(words, ", ")
}

// Fields is the whole table in its order.
func Fields() iter.Seq[Field] { return (^FieldSet(0)).All() }

// FieldByName finds a field by its full name, such as "play.gain".
func FieldByName(name string) (Field, bool) {
	for f := range Fields() {
		if f.Name() == name {
			return f, true
		}
	}
	return 0, false
}

// Valid reports whether f is a line of the table.
func (f Field) Valid() bool { return f > 0 && f < endOfFields }

// Side is the direction of the field, 0 for those of the whole device.
func (f Field) Side() audio.Direction {
	switch {
	case f == 0:
		return 0
	case f < RecordSampleRate, f == PlayDelay:
		return audio.Play
	case f < MonitorGain, f == RecordDelay:
		return audio.Record
	}
	return 0
}

// On is the same field on side d; f is one of play.
func (f Field) On(d audio.Direction) Field {
	switch {
	case d == audio.Record && f == PlayDelay:
		return RecordDelay
	case d == audio.Record:
		return f + sideFields
	}
	return f
}

// base is the field of the play side that this one is like.
func (f Field) base() Field {
	switch {
	case f == RecordDelay:
		return PlayDelay
	case f.Side() == audio.Record:
		return f - sideFields
	}
	return f
}

// target is the field that a set of f changes.
func (f Field) target() Field {
	if f.base() == PlayGainDB {
		return f - 1
	}
	return f
}

// Name is the dotted name, "play.gain", and the path in JSON.
func (f Field) Name() string {
	if d := f.Side(); d != 0 {
		return d.String() + "." + f.Short()
	}
	return f.Short()
}

// Short is the name within its side, "gain".
func (f Field) Short() string { return f.row().name }

// String is Name.
func (f Field) String() string { return f.Name() }

// FieldSet is a set of fields. Use 0 for none.
type FieldSet uint64

// With adds a field.
func (s FieldSet) With(f Field) FieldSet { return s | 1<<f }

// Has reports whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&(1<<f) != 0 }

// All yields the fields in the order of the table.
func (s FieldSet) All() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		const late = FieldSet(1<<PlayDelay | 1<<RecordDelay) // said with their sides
		for f := Field(1); f < endOfFields; f++ {
			if s.Has(f) && !late.Has(f) && !yield(f) {
				return
			}
			switch {
			case f == PlayActive && s.Has(PlayDelay) && !yield(PlayDelay):
				return
			case f == RecordActive && s.Has(RecordDelay) && !yield(RecordDelay):
				return
			}
		}
	}
}
