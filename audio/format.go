package audio

import (
	"fmt"
	"math/bits"
	"time"
)

// Limits of a format (decision D5).
const (
	MinRate     = 1000   // Hz
	MaxRate     = 768000 // Hz
	MaxChannels = 64
)

// Format is how a stream is stored: interleaved frames of Channels samples.
// The zero value means "not chosen".
type Format struct {
	Rate     int      `json:"rate" toml:"rate"`         // frames per second, MinRate..MaxRate
	Channels int      `json:"channels" toml:"channels"` // 1..MaxChannels
	Encoding Encoding `json:"format" toml:"format"`
	// Positions of the channels, where they are said.
	Positions Positions `json:"positions,omitzero" toml:"-"`
}

// DefaultFormat is what a server end gets that asks for nothing (D5).
func DefaultFormat() Format { return Format{Rate: 48000, Channels: 2, Encoding: S16LE} }

// IsZero reports whether nothing of the format was chosen.
func (f Format) IsZero() bool { return f == Format{} }

// Or fills the fields that f leaves unchosen from d. Positions belong to the channels: who
// says how many says where they are.
func (f Format) Or(d Format) Format {
	if f.Rate == 0 {
		f.Rate = d.Rate
	}
	if f.Channels == 0 {
		if !f.Positions.Known() {
			f.Positions = d.Positions
		}
		f.Channels = d.Channels
	}
	if f.Encoding == 0 {
		f.Encoding = d.Encoding
	}
	return f
}

// Validate returns nil, or an ErrInvalid that names the field and its range.
func (f Format) Validate() error {
	switch {
	case f.Rate < MinRate || f.Rate > MaxRate:
		return ErrInvalid.With("rate %d Hz is out of range; use %d..%d", f.Rate, MinRate, MaxRate)
	case f.Channels < 1 || f.Channels > MaxChannels:
		return ErrInvalid.With("%d channels are out of range; use 1..%d", f.Channels, MaxChannels)
	case !f.Encoding.Valid():
		return ErrInvalid.With("%s is no encoding; use one of %s", f.Encoding, EncodingNames())
	}
	return f.Positions.fit(f.Channels)
}

// Alike reports whether frames of f and g look the same, wherever their channels stand.
func (f Format) Alike(g Format) bool {
	f.Positions, g.Positions = Positions{}, Positions{}
	return f == g
}

// FrameBytes is the size of one frame in bytes; 0 for an invalid format.
func (f Format) FrameBytes() int { return f.Channels * f.Encoding.Bytes() }

// Frames is how many whole frames fit into d, d ≥ 0.
func (f Format) Frames(d time.Duration) int64 {
	return int64(MulDiv(uint64(d), uint64(f.Rate), uint64(time.Second)))
}

// Duration is how long n frames last, n ≥ 0, rounded down to a nanosecond.
func (f Format) Duration(n int64) time.Duration {
	if f.Rate <= 0 {
		return 0
	}
	return time.Duration(MulDiv(uint64(n), uint64(time.Second), uint64(f.Rate)))
}

// String is for people: "S16_LE, 48000 Hz, 2 channels".
func (f Format) String() string {
	if f.Channels == 1 {
		return fmt.Sprintf("%s, %d Hz, mono", f.Encoding, f.Rate)
	}
	return fmt.Sprintf("%s, %d Hz, %d channels", f.Encoding, f.Rate, f.Channels)
}

// MulDiv is a × b ÷ c rounded down, exact for any product whose quotient fits
// into 64 bits; beyond that it is the largest uint64. c must not be 0.
func MulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		return ^uint64(0)
	}
	q, _ := bits.Div64(hi, lo, c)
	return q
}
