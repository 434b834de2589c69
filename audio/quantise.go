package audio

import (
	"encoding/binary"
	"math"
)

// Float to integers of any width. The result is 32-bit little endian with the sign extended;
// pack then takes as many bytes as the encoding has.

// span is the range of an integer encoding.
type span struct {
	scale, low, high float64
}

func spanOf(bits int) span {
	scale := float64(uint64(1) << (bits - 1))
	return span{scale, -scale, scale - 1}
}

// Adding 1.5 × 2^52 leaves a float64 no bits for a fraction, so the processor rounds to nearest
// even and the low 32 bits are the integer.
const round64 = 3 << 51

// round returns v, already scaled, as a saturated integer.
func (s span) round(v float64) uint32 {
	if v > s.high {
		v = s.high
	} else if v < s.low {
		v = s.low
	}
	return uint32(math.Float64bits(v + round64))
}

func quantise(dst []byte, src []float32, s span) (bad int) {
	inside := math.Float32bits(float32(s.high / s.scale))
	for len(dst) >= 4 && len(src) > 0 {
		x := src[0]
		if a := math.Float32bits(x) & abs32; a < inside {
			binary.LittleEndian.PutUint32(dst, uint32(math.Float64bits(float64(x)*s.scale+round64)))
		} else {
			if a > finite32 {
				x = 0
				bad++
			}
			binary.LittleEndian.PutUint32(dst, s.round(float64(x)*s.scale))
		}
		dst, src = dst[4:], src[1:]
	}
	return bad
}

// quantise64 is quantise for samples wider than float32.
func quantise64(dst []byte, src []float64, s span) {
	for i, x := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], s.round(x*s.scale))
	}
}

// blockSamples is how many samples a two-step conversion takes at a time: few enough for the
// stack and the first-level cache.
const blockSamples = 256

func (e Encoding) encodeBlocks(dst []byte, src []float32) (bad int) {
	var block [4 * blockSamples]byte
	s := spanOf(e.Bits())
	for len(src) > 0 {
		n := min(len(src), blockSamples)
		bad += quantise(block[:4*n], src[:n], s)
		e.pack(dst[:n*e.Bytes()], block[:4*n])
		dst, src = dst[n*e.Bytes():], src[n:]
	}
	return bad
}

func (e Encoding) encodeDithered(dst []byte, src []float32, d *Dither) (bad int) {
	var block [4 * blockSamples]byte
	s := spanOf(e.Bits())
	for len(src) > 0 {
		n := min(len(src), blockSamples)
		bad += d.quantise(block[:4*n], src[:n], s)
		e.pack(dst[:n*e.Bytes()], block[:4*n])
		dst, src = dst[n*e.Bytes():], src[n:]
	}
	return bad
}

// pack stores integers, four bytes each in src, as samples of e.
func (e Encoding) pack(dst, src []byte) {
	switch e {
	case U8:
		pack8(dst, src, 0x80)
	case S8:
		pack8(dst, src, 0)
	case S16LE:
		for i := 0; i+2 <= len(dst); i += 2 {
			binary.LittleEndian.PutUint16(dst[i:], binary.LittleEndian.Uint16(src[2*i:]))
		}
	case S16BE:
		for i := 0; i+2 <= len(dst); i += 2 {
			binary.BigEndian.PutUint16(dst[i:], binary.LittleEndian.Uint16(src[2*i:]))
		}
	case S24LE3:
		pack24LE3(dst, src)
	case S24BE3:
		pack24BE3(dst, src)
	case S24LE, S32LE:
		copy(dst, src)
	case S24BE, S32BE:
		swap(dst, src, 4)
	}
}

func pack8(dst, src []byte, flip byte) {
	for i := 0; i < len(dst) && 4*i < len(src); i++ {
		dst[i] = src[4*i] ^ flip
	}
}

// pack24LE3 writes four bytes for three; the next sample overwrites the fourth.
func pack24LE3(dst, src []byte) {
	for len(dst) >= 4 && len(src) >= 4 {
		binary.LittleEndian.PutUint32(dst, binary.LittleEndian.Uint32(src))
		dst, src = dst[3:], src[4:]
	}
	copy(dst, src[:min(len(src), 3)])
}

func pack24BE3(dst, src []byte) {
	for len(dst) >= 4 && len(src) >= 4 {
		binary.BigEndian.PutUint32(dst, binary.LittleEndian.Uint32(src)<<8)
		dst, src = dst[3:], src[4:]
	}
	if len(dst) == 3 && len(src) >= 3 {
		dst[0], dst[1], dst[2] = src[2], src[1], src[0]
	}
}
