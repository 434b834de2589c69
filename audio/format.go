package audio

import (
	"fmt"
	"math/bits"
	"time"
)

// Limits of a format.
const (
	MinRate     = 1000   // Hz
	MaxRate     = 768000 // Hz
	MaxChannels = 64
)

// Format describes how a stream is stored: interleaved frames of Channels samples. The zero
// value means "not chosen".
type Format struct {
	Rate     int      `json:"rate" toml:"rate"`         // frames per second, MinRate..MaxRate
	Channels int      `json:"channels" toml:"channels"` // 1..MaxChannels
	Encoding Encoding `json:"format" toml:"format"`
	// Positions of the channels, if known.
	Positions Positions `json:"positions,omitzero" toml:"-"`
}

// DefaultFormat returns the format of a server end that asks for none.
func DefaultFormat() Format { return Format{Rate: 48000, Channels: 2, Encoding: S16LE} }

// IsZero reports whether every field is unset.
func (f Format) IsZero() bool { return f == Format{} }

// Or returns f with its unset fields taken from d. Positions belong to a channel count:
// d's are taken only together with d's count.
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
		return ErrInvalid.With("%s is not an encoding; use one of %s", f.Encoding, EncodingNames())
	}
	return f.Positions.fit(f.Channels)
}

// Alike reports whether f and g are equal apart from their positions.
func (f Format) Alike(g Format) bool {
	f.Positions, g.Positions = Positions{}, Positions{}
	return f == g
}

// FrameBytes returns the size of one frame in bytes, or 0 for an invalid format.
func (f Format) FrameBytes() int { return f.Channels * f.Encoding.Bytes() }

// Frames returns how many whole frames fit into d, d ≥ 0.
func (f Format) Frames(d time.Duration) int64 {
	return int64(MulDiv(uint64(d), uint64(f.Rate), uint64(time.Second)))
}

// Duration returns how long n frames last, n ≥ 0, rounded down to a nanosecond.
func (f Format) Duration(n int64) time.Duration {
	if f.Rate <= 0 {
		return 0
	}
	return time.Duration(MulDiv(uint64(n), uint64(time.Second), uint64(f.Rate)))
}

// String returns a description such as "S16_LE, 48000 Hz, 2 channels".
func (f Format) String() string {
	if f.Channels == 1 {
		return fmt.Sprintf("%s, %d Hz, mono", f.Encoding, f.Rate)
	}
	return fmt.Sprintf("%s, %d Hz, %d channels", f.Encoding, f.Rate, f.Channels)
}

// MulDiv returns a × b ÷ c rounded down, exact for any product, or the largest uint64 if the
// quotient does not fit. c must not be 0.
func MulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		return ^uint64(0)
	}
	q, _ := bits.Div64(hi, lo, c)
	return q
}
