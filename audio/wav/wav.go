// Package wav reads and writes WAV files, including files with wrong headers, streams of unknown
// length, and files beyond 4 GiB (RF64).
package wav

import (
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
)

// WAV is RIFF: chunks of a four-letter id, a 32-bit size and a body padded to an even length.
// [Reader] and [Writer] stream it to and from pipes and files. RF64 (EBU Tech 3306) and BW64
// (ITU-R BS.2088) put 64-bit sizes into a ds64 chunk; RIFX is big endian throughout.

// Format tags of the fmt chunk.
const (
	wavPCM        = 0x0001
	wavFloat      = 0x0003
	wavALaw       = 0x0006
	wavMuLaw      = 0x0007
	wavExtensible = 0xFFFE
)

const (
	wavDS64Bytes = 28         // body of ds64: three 64-bit sizes and an empty table
	wavMax32     = 1<<32 - 1  // a 32-bit size that says "see ds64" or "unknown"
	wavMax64     = 1<<64 - 1  // unknown
	wavMaxRIFF   = 0xFFFFDFFF // the largest 32-bit RIFF size that no program takes for a placeholder
)

// wavGUIDTail follows the tag in every sub-format GUID.
const wavGUIDTail = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// wavTag returns the format tag of an encoding, or 0 if WAV does not have it.
func wavTag(e audio.Encoding) uint16 {
	switch e {
	case audio.U8, audio.S16LE, audio.S24LE3, audio.S32LE:
		return wavPCM
	case audio.FloatLE, audio.Float64LE:
		return wavFloat
	case audio.ALaw:
		return wavALaw
	case audio.MuLaw:
		return wavMuLaw
	}
	return 0
}

// wavInstead returns the encoding to write in place of one that WAV does not have; it holds the
// same values.
func wavInstead(e audio.Encoding) audio.Encoding {
	switch e {
	case audio.S8:
		return audio.U8
	case audio.S16BE:
		return audio.S16LE
	case audio.S24BE3, audio.S24LE, audio.S24BE:
		return audio.S24LE3
	case audio.S32BE:
		return audio.S32LE
	case audio.FloatBE:
		return audio.FloatLE
	case audio.Float64BE:
		return audio.Float64LE
	}
	return e
}

// wavBigEndian returns what e, read from a fmt chunk, means in RIFX.
func wavBigEndian(e audio.Encoding) audio.Encoding {
	switch e {
	case audio.S16LE, audio.S24LE3, audio.S24LE, audio.S32LE, audio.FloatLE, audio.Float64LE:
		return e + 1
	}
	return e
}

// appendWAVFormat appends the fmt chunk of f, whose encoding WAV must have. PCM of more than 16
// bits, and anything but the laws with more than two channels, is WAVE_FORMAT_EXTENSIBLE, as
// Microsoft asks.
func appendWAVFormat(b []byte, f audio.Format) []byte {
	le := binary.LittleEndian
	tag, bits := wavTag(f.Encoding), f.Encoding.Bits()
	law := tag == wavALaw || tag == wavMuLaw
	extensible := !law && f.Channels > 2 || tag == wavPCM && bits > 16
	size, outer := uint32(16), tag
	switch {
	case extensible:
		size, outer = 40, wavExtensible
	case tag != wavPCM:
		size = 18
	}
	b = append(b, "fmt "...)
	b = le.AppendUint32(b, size)
	b = le.AppendUint16(b, outer)
	b = le.AppendUint16(b, uint16(f.Channels))
	b = le.AppendUint32(b, uint32(f.Rate))
	b = le.AppendUint32(b, uint32(f.Rate*f.FrameBytes()))
	b = le.AppendUint16(b, uint16(f.FrameBytes()))
	b = le.AppendUint16(b, uint16(bits))
	if size == 18 {
		b = le.AppendUint16(b, 0)
	}
	if extensible {
		b = le.AppendUint16(b, 22)
		b = le.AppendUint16(b, uint16(bits))
		b = le.AppendUint32(b, wavMask(f))
		b = le.AppendUint16(b, tag)
		b = append(b, wavGUIDTail...)
	}
	return b
}
