package oss

import "github.com/loopbridge/loopbridge/audio"

// Query as a format, rate or number of channels asks for the present one.
const Query = 0

// AC3 is the format of compressed sound, which nothing here takes.
const AC3 = 0x400

// formats are AFMT_… of soundcard.h.
func formats() []struct {
	bit int
	audio.Encoding
} {
	return []struct {
		bit int
		audio.Encoding
	}{
		{0x1, audio.MuLaw}, {0x2, audio.ALaw}, {0x8, audio.U8}, {0x10, audio.S16LE}, {0x20, audio.S16BE}, {0x40, audio.S8},
		{0x1000, audio.S32LE}, {0x2000, audio.S32BE}, {0x4000, audio.FloatLE}, {0x8000, audio.S24LE}, {0x10000, audio.S24BE},
		{0x40000, audio.S24LE3},
	}
}

// Formats returns the mask of all formats.
func Formats() (mask int) {
	for _, f := range formats() {
		mask |= f.bit
	}
	return mask
}

// EncodingOf returns the encoding of a format, and false if it is none, or not one.
func EncodingOf(format int) (audio.Encoding, bool) {
	for _, f := range formats() {
		if f.bit == format {
			return f.Encoding, true
		}
	}
	return 0, false
}

// FormatOf returns the format of an encoding, 0 for those that OSS has no word for.
func FormatOf(e audio.Encoding) int {
	for _, f := range formats() {
		if f.Encoding == e {
			return f.bit
		}
	}
	return 0
}

// Capabilities of GETCAPS: PCM_CAP_….
const (
	CapBatch    = 0x00000400 // positions move in fragments
	CapTrigger  = 0x00001000
	CapMulti    = 0x00004000
	CapInput    = 0x00010000
	CapOutput   = 0x00020000
	CapVirtual  = 0x00040000
	CapHidden   = 0x08000000
	CapFreeRate = 0x10000000
)

// Bits of a trigger.
const (
	TriggerInput  = 1
	TriggerOutput = 2
)
