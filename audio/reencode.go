package audio

import (
	"encoding/binary"
	"math"
)

// Reencode converts the whole samples in src from one encoding to another. It rounds at most
// once, never if to holds from (S32 and FLOAT64 included, unlike Decode and then Encode), and
// does not dither. It turns NaN and infinities into 0 and counts them in bad. dst and src must
// not overlap. It panics if dst is too short; an invalid encoding writes nothing.
func Reencode(to, from Encoding, dst, src []byte) (bad int) {
	if !to.Valid() || !from.Valid() {
		return 0
	}
	samples := len(src) / from.Bytes()
	dst, src = dst[:samples*to.Bytes():len(dst)], src[:samples*from.Bytes()]
	switch {
	case to == from && (from.integer() || from == MuLaw || from == ALaw):
		copy(dst, src)
		return 0
	case to == from.twin() && from.integer() && from.Bits() != 8*from.Bytes()-8:
		swap(dst, src, from.Bytes())
		return 0
	case from == S32LE || from == S32BE || from == Float64LE || from == Float64BE:
		return reencodeWide(to, from, dst, src)
	}
	var block [blockSamples]float32
	for len(src) > 0 {
		n := min(len(src)/from.Bytes(), blockSamples)
		bad += from.Decode(block[:n], src)
		to.Encode(dst, block[:n], nil)
		dst, src = dst[n*to.Bytes():], src[n*from.Bytes():]
	}
	return bad
}

// reencodeWide converts through float64, which holds S32 and FLOAT64 exactly.
func reencodeWide(to, from Encoding, dst, src []byte) (bad int) {
	var block [blockSamples]float64
	for len(src) > 0 {
		n := min(len(src)/from.Bytes(), blockSamples)
		bad += from.decodeWide(block[:n], src)
		to.encodeWide(dst[:n*to.Bytes()], block[:n])
		dst, src = dst[n*to.Bytes():], src[n*from.Bytes():]
	}
	return bad
}

func (e Encoding) decodeWide(dst []float64, src []byte) (bad int) {
	const unit = 1.0 / (1 << 31)
	switch e {
	case S32LE:
		for i := range dst {
			dst[i] = float64(int32(binary.LittleEndian.Uint32(src[4*i:]))) * unit
		}
	case S32BE:
		for i := range dst {
			dst[i] = float64(int32(binary.BigEndian.Uint32(src[4*i:]))) * unit
		}
	case Float64LE:
		for i := range dst {
			dst[i] = finite64(binary.LittleEndian.Uint64(src[8*i:]), &bad)
		}
	case Float64BE:
		for i := range dst {
			dst[i] = finite64(binary.BigEndian.Uint64(src[8*i:]), &bad)
		}
	}
	return bad
}

// encodeWide encodes finite samples, at most blockSamples.
func (e Encoding) encodeWide(dst []byte, src []float64) {
	switch e {
	case Float64LE:
		for i, x := range src {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(x))
		}
	case Float64BE:
		for i, x := range src {
			binary.BigEndian.PutUint64(dst[8*i:], math.Float64bits(x))
		}
	case FloatLE, FloatBE, MuLaw, ALaw:
		var block [blockSamples]float32
		for i, x := range src {
			block[i] = narrow(x)
		}
		e.Encode(dst, block[:len(src)], nil)
	default:
		var block [4 * blockSamples]byte
		quantise64(block[:], src, spanOf(e.Bits()))
		e.pack(dst, block[:4*len(src)])
	}
}

// swap reverses the bytes of each sample.
func swap(dst, src []byte, size int) {
	switch size {
	case 2:
		for len(dst) >= 2 && len(src) >= 2 {
			binary.BigEndian.PutUint16(dst, binary.LittleEndian.Uint16(src))
			dst, src = dst[2:], src[2:]
		}
	case 3:
		for len(dst) >= 3 && len(src) >= 3 {
			dst[0], dst[1], dst[2] = src[2], src[1], src[0]
			dst, src = dst[3:], src[3:]
		}
	case 4:
		for len(dst) >= 4 && len(src) >= 4 {
			binary.BigEndian.PutUint32(dst, binary.LittleEndian.Uint32(src))
			dst, src = dst[4:], src[4:]
		}
	}
}
