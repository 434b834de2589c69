package audio

import (
	"fmt"
	"strings"
)

// Encoding is the way one sample is stored. Names and byte orders are ALSA's; the laws are
// ITU-R (CCITT) G.711. The zero value is invalid.
//
// The numbers are part of the wire protocol: append, never reorder.
type Encoding uint8

// The encodings that a loop can carry. S24LE and S24BE keep 24 bits in the low three bytes of
// four; S24LE3 and S24BE3 are packed into three.
const (
	U8 Encoding = iota + 1
	S8
	S16LE
	S16BE
	S24LE3
	S24BE3
	S24LE
	S24BE
	S32LE
	S32BE
	FloatLE
	FloatBE
	Float64LE
	Float64BE
	MuLaw
	ALaw
)

// encodings is indexed by Encoding.
var encodings = [...]struct {
	name    string
	bytes   int
	bits    int
	silence byte
}{
	U8:        {"U8", 1, 8, 0x80},
	S8:        {"S8", 1, 8, 0},
	S16LE:     {"S16_LE", 2, 16, 0},
	S16BE:     {"S16_BE", 2, 16, 0},
	S24LE3:    {"S24_3LE", 3, 24, 0},
	S24BE3:    {"S24_3BE", 3, 24, 0},
	S24LE:     {"S24_LE", 4, 24, 0},
	S24BE:     {"S24_BE", 4, 24, 0},
	S32LE:     {"S32_LE", 4, 32, 0},
	S32BE:     {"S32_BE", 4, 32, 0},
	FloatLE:   {"FLOAT_LE", 4, 32, 0},
	FloatBE:   {"FLOAT_BE", 4, 32, 0},
	Float64LE: {"FLOAT64_LE", 8, 64, 0},
	Float64BE: {"FLOAT64_BE", 8, 64, 0},
	MuLaw:     {"MU_LAW", 1, 8, 0xFF},
	ALaw:      {"A_LAW", 1, 8, 0xD5},
}

// Encodings returns every encoding, ordered by number.
func Encodings() []Encoding {
	all := make([]Encoding, 0, len(encodings)-1)
	for e := U8; e.Valid(); e++ {
		all = append(all, e)
	}
	return all
}

// Valid reports whether e is one of the encodings above.
func (e Encoding) Valid() bool { return e > 0 && int(e) < len(encodings) }

// Bytes returns the size of one sample in bytes, or 0 for an invalid encoding.
func (e Encoding) Bytes() int {
	if !e.Valid() {
		return 0
	}
	return encodings[e].bytes
}

// Bits returns the precision of a sample in bits: 24 for every S24, 8 for the laws.
func (e Encoding) Bits() int {
	if !e.Valid() {
		return 0
	}
	return encodings[e].bits
}

// Silence fills p, which holds whole samples of e, with digital silence.
func (e Encoding) Silence(p []byte) {
	if !e.Valid() || encodings[e].silence == 0 {
		clear(p)
		return
	}
	b := encodings[e].silence
	for i := range p {
		p[i] = b
	}
}

// String returns the ALSA name, such as "S16_LE".
func (e Encoding) String() string {
	if !e.Valid() {
		return fmt.Sprintf("encoding(%d)", uint8(e))
	}
	return encodings[e].name
}

// ParseEncoding parses an ALSA name, ignoring case. The error, ErrInvalid, lists the valid names.
func ParseEncoding(name string) (Encoding, error) {
	for e := U8; e.Valid(); e++ {
		if strings.EqualFold(name, encodings[e].name) {
			return e, nil
		}
	}
	return 0, ErrInvalid.With("encoding %q is unknown; use one of %s", name, EncodingNames())
}

// EncodingNames returns all names, separated by ", ".
func EncodingNames() string {
	var names []string
	for _, e := range Encodings() {
		names = append(names, e.String())
	}
	return strings.Join(names, ", ")
}

// MarshalText returns the ALSA name, for JSON and TOML.
func (e Encoding) MarshalText() ([]byte, error) {
	if !e.Valid() {
		return nil, ErrInvalid.With("%s is not an encoding", e)
	}
	return []byte(e.String()), nil
}

// UnmarshalText parses the output of MarshalText.
func (e *Encoding) UnmarshalText(text []byte) (err error) {
	*e, err = ParseEncoding(string(text))
	return err
}
