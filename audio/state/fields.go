package state

import (
	"iter"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// Field is one value of an Info, a line of the field table in docs/decisions.md. Numbers are part
// of protocols and never change. Fields are listed by number, except that delay comes with its
// side. 0 is not a field.
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
	PlayDelay // not in audio(7I); last, because numbers never change
	RecordDelay
	endOfFields
)

// sideFields is the number of fields per side.
const sideFields = RecordSampleRate - PlaySampleRate

// Access describes the effect of a set on a field.
type Access uint8

// The bits of Access; 0 is a read-only field.
const (
	Settable  Access = 1 << iota // can be set
	WhileOpen                    // a set is ignored while the side is closed
	RaiseOnly                    // only 1 has an effect: waiting
	Counts                       // counts or sticks by itself; a set returns the old value
	OfFormat                     // part of the format: the rules say who may set it
	NoEffect                     // accepted and ignored: record.eof
	Kept                         // survives close, open and restart
	Derived                      // follows from another field: gain_db from gain, precision from encoding
)

// String returns a description such as "read-only" or "settable, while open".
func (a Access) String() string {
	words := []string{"settable"}
	switch {
	case a&Settable == 0:
		return "read-only"
	case a&NoEffect != 0:
		return "settable without effect"
	case a&OfFormat != 0:
		words = append(words, "by the program that holds the stream")
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

// Fields yields the whole table in order.
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

// Valid reports whether f is in the table.
func (f Field) Valid() bool { return f > 0 && f < endOfFields }

// Side returns the direction of the field, or 0 for fields of the whole device.
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

// On returns the same field on side d; f must be a field of play.
func (f Field) On(d audio.Direction) Field {
	switch {
	case d == audio.Record && f == PlayDelay:
		return RecordDelay
	case d == audio.Record:
		return f + sideFields
	}
	return f
}

// base returns the field of the play side that corresponds to f.
func (f Field) base() Field {
	switch {
	case f == RecordDelay:
		return PlayDelay
	case f.Side() == audio.Record:
		return f - sideFields
	}
	return f
}

// target returns the field that a set of f changes.
func (f Field) target() Field {
	if f.base() == PlayGainDB {
		return f - 1
	}
	return f
}

// Name returns the dotted name, "play.gain", which is also the path in JSON.
func (f Field) Name() string {
	if d := f.Side(); d != 0 {
		return d.String() + "." + f.Short()
	}
	return f.Short()
}

// Short returns the name within its side, "gain".
func (f Field) Short() string { return f.row().name }

// String returns Name.
func (f Field) String() string { return f.Name() }

// FieldSet is a set of fields; 0 is empty.
type FieldSet uint64

// With returns the set with f added.
func (s FieldSet) With(f Field) FieldSet { return s | 1<<f }

// Has reports whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&(1<<f) != 0 }

// All yields the fields in table order.
func (s FieldSet) All() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		const late = FieldSet(1<<PlayDelay | 1<<RecordDelay) // yielded with their sides
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
