package audio

import (
	"encoding/binary"
	"math"
)

// Floats of both widths. NaN and infinities, whose exponent is all ones, become 0 and are
// counted; everything else is unchanged, negative zero included.

func finite(b uint32, bad *int) uint32 {
	if b&abs32 > finite32 {
		*bad++
		return 0
	}
	return b
}

func decodeFloatLE(dst []float32, src []byte) (bad int) {
	for len(dst) > 0 && len(src) >= 4 {
		dst[0] = math.Float32frombits(finite(binary.LittleEndian.Uint32(src), &bad))
		dst, src = dst[1:], src[4:]
	}
	return bad
}

func decodeFloatBE(dst []float32, src []byte) (bad int) {
	for len(dst) > 0 && len(src) >= 4 {
		dst[0] = math.Float32frombits(finite(binary.BigEndian.Uint32(src), &bad))
		dst, src = dst[1:], src[4:]
	}
	return bad
}

func encodeFloatLE(dst []byte, src []float32) (bad int) {
	for len(src) > 0 && len(dst) >= 4 {
		binary.LittleEndian.PutUint32(dst, finite(math.Float32bits(src[0]), &bad))
		dst, src = dst[4:], src[1:]
	}
	return bad
}

func encodeFloatBE(dst []byte, src []float32) (bad int) {
	for len(src) > 0 && len(dst) >= 4 {
		binary.BigEndian.PutUint32(dst, finite(math.Float32bits(src[0]), &bad))
		dst, src = dst[4:], src[1:]
	}
	return bad
}

// narrow64 holds the bits of the largest float32 as a float64.
const narrow64 = 0x47EFFFFFE0000000

// finite64 returns the float64 with these bits, or 0 for NaN and infinities.
func finite64(b uint64, bad *int) float64 {
	if b&^(1<<63) >= 0x7FF<<52 {
		*bad++
		return 0
	}
	return math.Float64frombits(b)
}

// narrow rounds to float32 and never turns a finite value into an infinity.
func narrow(x float64) float32 {
	if math.Float64bits(x)&^(1<<63) <= narrow64 {
		return float32(x)
	}
	return float32(math.Copysign(math.MaxFloat32, x))
}

func decodeFloat64LE(dst []float32, src []byte) (bad int) {
	for len(dst) > 0 && len(src) >= 8 {
		dst[0] = narrow(finite64(binary.LittleEndian.Uint64(src), &bad))
		dst, src = dst[1:], src[8:]
	}
	return bad
}

func decodeFloat64BE(dst []float32, src []byte) (bad int) {
	for len(dst) > 0 && len(src) >= 8 {
		dst[0] = narrow(finite64(binary.BigEndian.Uint64(src), &bad))
		dst, src = dst[1:], src[8:]
	}
	return bad
}

func encodeFloat64LE(dst []byte, src []float32) (bad int) {
	for len(src) > 0 && len(dst) >= 8 {
		x := math.Float32frombits(finite(math.Float32bits(src[0]), &bad))
		binary.LittleEndian.PutUint64(dst, math.Float64bits(float64(x)))
		dst, src = dst[8:], src[1:]
	}
	return bad
}

func encodeFloat64BE(dst []byte, src []float32) (bad int) {
	for len(src) > 0 && len(dst) >= 8 {
		x := math.Float32frombits(finite(math.Float32bits(src[0]), &bad))
		binary.BigEndian.PutUint64(dst, math.Float64bits(float64(x)))
		dst, src = dst[8:], src[1:]
	}
	return bad
}
