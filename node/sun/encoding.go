package sun

import (
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Words for encodings.
const (
	wordNone    = 0
	wordMuLaw   = 1
	wordALaw    = 2
	wordLinear  = 3   // signed
	wordLinear8 = 105 // unsigned
	same        = 0xFFFFFFFF
)

// linear returns the signed encoding of 16 or 32 bits in the machine's byte order.
func linear(bits uint32) audio.Encoding {
	little := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	switch {
	case bits == 8:
		return audio.S8
	case bits == 16 && little:
		return audio.S16LE
	case bits == 16:
		return audio.S16BE
	case bits == 32 && little:
		return audio.S32LE
	case bits == 32:
		return audio.S32BE
	}
	return 0
}

// wordOf returns the word and the precision of an encoding; NONE for one that audio(7I) does not have.
func wordOf(e audio.Encoding) (word, bits uint32) {
	bits = uint32(e.Bits())
	switch e {
	case audio.MuLaw:
		return wordMuLaw, 8
	case audio.ALaw:
		return wordALaw, 8
	case audio.U8:
		return wordLinear8, 8
	case linear(bits):
		return wordLinear, bits
	}
	return wordNone, bits
}

// encodingOf is the reverse; 0: there is no such one.
func encodingOf(word, bits uint32) audio.Encoding {
	switch {
	case word == wordMuLaw && bits == 8:
		return audio.MuLaw
	case word == wordALaw && bits == 8:
		return audio.ALaw
	case word == wordLinear8 && bits == 8:
		return audio.U8
	case word == wordLinear:
		return linear(bits)
	}
	return 0
}

// encoding adds what a side's encoding and precision set.
func encoding(p *state.Patch, side []byte, d audio.Direction, now audio.Encoding) error {
	word, bits := binary.NativeEndian.Uint32(side[encodingAt:]), binary.NativeEndian.Uint32(side[precisionAt:])
	if word == same && bits == same {
		return nil
	}
	was, wide := wordOf(now)
	if word == same {
		word = was
	}
	if bits == same {
		bits = wide
	}
	if word == was && bits == wide {
		return nil
	}
	e := encodingOf(word, bits)
	if e == 0 {
		return audio.ErrInvalid.With("there is no encoding %d of %d bits", word, bits)
	}
	return p.Set(state.PlayEncoding.On(d), uint32(e))
}
