package audio

import (
	"encoding/binary"
	"math"
)

// Float32 to 16 bits without vector instructions, in one pass: the most used encoding by far.

const (
	// Adding 1.5 × 2^23 leaves a float32 no bits for a fraction, so the processor rounds to
	// nearest even and the low 16 bits are the integer.
	round32 = 3 << 22

	// The bits of 32767/32768. Values below need no saturation; NaN and infinities lie above.
	limit16 = 0x3F7FFE00

	finite32 = 0x7F7FFFFF // the bits of the largest float32
	abs32    = 1<<31 - 1  // all but the sign
)

func encode16LE(dst []byte, src []float32) (bad int) {
	for len(src) > 0 && len(dst) >= 2 {
		if x := src[0]; math.Float32bits(x)&abs32 < limit16 {
			binary.LittleEndian.PutUint16(dst, uint16(math.Float32bits(x*(1<<15)+round32)))
		} else {
			v, n := saturate16(x)
			bad += n
			binary.LittleEndian.PutUint16(dst, v)
		}
		dst, src = dst[2:], src[1:]
	}
	return bad
}

func encode16BE(dst []byte, src []float32) (bad int) {
	for len(src) > 0 && len(dst) >= 2 {
		if x := src[0]; math.Float32bits(x)&abs32 < limit16 {
			binary.BigEndian.PutUint16(dst, uint16(math.Float32bits(x*(1<<15)+round32)))
		} else {
			v, n := saturate16(x)
			bad += n
			binary.BigEndian.PutUint16(dst, v)
		}
		dst, src = dst[2:], src[1:]
	}
	return bad
}

// saturate16 encodes values at or beyond full scale; bad is 1 for NaN and infinities.
func saturate16(x float32) (v uint16, bad int) {
	switch {
	case math.Float32bits(x)&abs32 > finite32:
		return 0, 1
	case x > 0:
		return math.MaxInt16, 0
	}
	return uint16(int16(math.RoundToEven(max(float64(x), -1) * (1 << 15)))), 0
}
