package wav

import (
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
)

// parseWAVFormat parses the body of a fmt chunk, at least 16 bytes. If the mask does not fit the
// channels, they have the usual positions.
func parseWAVFormat(b []byte, order binary.ByteOrder) (f audio.Format, err error) {
	tag := order.Uint16(b)
	channels := int(order.Uint16(b[2:]))
	rate := order.Uint32(b[4:])
	align := int(order.Uint16(b[12:]))
	bits := int(order.Uint16(b[14:]))
	extensible := tag == wavExtensible
	mask := uint32(0)
	if extensible {
		if len(b) < 40 {
			return f, damaged("its extensible format has %d bytes of 40", len(b))
		}
		// RIFX writers disagree whether the GUID's first field is one number or two.
		tag = order.Uint16(b[24:]) | order.Uint16(b[26:])
		if string(b[32:40]) != wavGUIDTail[6:] {
			tag = 0
		}
		mask = order.Uint32(b[20:])
		if valid := int(order.Uint16(b[18:])); valid > bits {
			return f, damaged("%d valid bits in samples of %d", valid, bits)
		}
	}
	f = audio.Format{Rate: int(min(rate, 1<<30)), Channels: channels, Encoding: audio.U8}
	if err := f.Validate(); err != nil {
		return audio.Format{}, audio.ErrInvalid.With("the WAV header cannot be used: %v", err)
	}
	if align%channels != 0 {
		return audio.Format{}, damaged("frames of %d bytes for %d channels", align, channels)
	}
	if f.Encoding = wavEncoding(tag, bits, align/channels, extensible); f.Encoding == 0 {
		return audio.Format{}, audio.ErrInvalid.With("the WAV file holds %s (format 0x%04X, %d bits in %d bytes),"+
			" which is not supported; convert it first, as with: ffmpeg -i in.wav -c:a pcm_s16le out.wav",
			wavTagName(tag), tag, bits, align/channels)
	}
	if order == binary.BigEndian {
		f.Encoding = wavBigEndian(f.Encoding)
	}
	if f.Positions = maskPositions(mask, channels); !f.Positions.Known() {
		f.Positions = Positions(channels) // the common assumption
	}
	return f, nil
}

// wavEncoding returns the little-endian encoding of samples of that many bits in containers of
// size bytes, or 0. Samples with fewer valid bits are left-justified, as WAVE_FORMAT_EXTENSIBLE
// specifies, so the container alone decides. The exception is plain PCM of 24 bits in 4 bytes:
// only ALSA's arecord writes it, and it means S24_LE, with the value in the low three bytes. The
// samples are never examined.
func wavEncoding(tag uint16, bits, size int, extensible bool) audio.Encoding {
	if tag == wavPCM && !extensible && bits == 24 && size == 4 {
		return audio.S24LE
	}
	if extensible && tag == wavPCM && size <= 4 && bits > 0 && bits < 8*size {
		bits = 8 * size // some programs put the number of valid bits here too
	}
	if bits == 0 || (bits+7)/8 != size {
		return 0
	}
	switch tag {
	case wavPCM:
		if size <= 4 {
			return [...]audio.Encoding{1: audio.U8, 2: audio.S16LE, 3: audio.S24LE3, 4: audio.S32LE}[size]
		}
	case wavFloat:
		switch bits {
		case 32:
			return audio.FloatLE
		case 64:
			return audio.Float64LE
		}
	case wavALaw, wavMuLaw:
		if bits == 8 && tag == wavALaw {
			return audio.ALaw
		}
		if bits == 8 {
			return audio.MuLaw
		}
	}
	return 0
}

func wavTagName(tag uint16) string {
	switch tag {
	case wavPCM, wavFloat, wavALaw, wavMuLaw:
		return "samples of an odd size"
	case 0x0002, 0x0011:
		return "ADPCM"
	case 0x0031:
		return "GSM 6.10"
	case 0x0050:
		return "MPEG audio"
	case 0x0055:
		return "MP3"
	case 0x00FF:
		return "AAC"
	}
	return "an unknown encoding"
}
