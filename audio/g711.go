package audio

import (
	"math"
	"math/bits"
)

// ITU-T (CCITT) G.711. A law is a list of decision values; between them lie the intervals that
// codes stand for, and a value on a border belongs to the interval away from zero. Decision
// values are whole numbers where full scale is 8192 (µ-law, table 2) or 4096 (A-law, table 1),
// so the fraction may be dropped first.

const (
	muScale, muBias, muClip = 8192, 33, 8158 // the bias makes the segments powers of two
	aScale, aClip           = 4096, 4095
	aInvert                 = 0x55 // every second bit, so that silence is not a run of zeros
)

// The value of each code. Read-only.
var (
	muLawValues = lawValues(muLawValue)
	aLawValues  = lawValues(aLawValue)
)

func lawValues(value func(code byte) float32) (values [256]float32) {
	for i := range values {
		values[i] = value(byte(i))
	}
	return values
}

// muLawValue returns the middle of the interval; code 0x7F is negative zero.
func muLawValue(code byte) float32 {
	code = ^code
	segment, step := code>>4&7, int32(code&15)
	v := float32((2*step+muBias)<<segment-muBias) / muScale
	if code&0x80 != 0 {
		return float32(math.Copysign(float64(v), -1))
	}
	return v
}

// aLawValue returns the middle of the interval; no code stands for zero.
func aLawValue(code byte) float32 {
	code ^= aInvert
	segment, v := code>>4&7, int32(2*(code&15)+1)
	if segment > 0 {
		v = (v + 32) << (segment - 1)
	}
	if code&0x80 == 0 {
		v = -v
	}
	return float32(v) / aScale
}

// muLawCode keeps the sign of zero.
func muLawCode(x float32) byte {
	b := math.Float32bits(x)
	m := uint32(muClip)
	if a := math.Float32frombits(b & abs32); a < float32(muClip)/muScale {
		m = uint32(int32(a * muScale))
	}
	m += muBias
	segment := uint32(bits.Len32(m)) - 6
	return ^byte(b>>24&0x80 | segment<<4 | m>>(segment+1)&15)
}

// aLawCode treats both zeros as positive.
func aLawCode(x float32) byte {
	sign := uint32(0x80)
	if x < 0 {
		x, sign = -x, 0
	}
	m := uint32(aClip)
	if x < float32(aClip)/aScale {
		m = uint32(int32(x * aScale))
	}
	segment := max(uint32(bits.Len32(m)), 5) - 5
	return byte(sign|segment<<4|m>>max(segment, 1)&15) ^ aInvert
}

func decodeLaw(dst []float32, src []byte, values *[256]float32) {
	src = src[:len(dst)]
	for i, b := range src {
		dst[i] = values[b]
	}
}

func encodeMuLaw(dst []byte, src []float32) (bad int) {
	dst = dst[:len(src)]
	for i, x := range src {
		if math.Float32bits(x)&abs32 > finite32 {
			x = 0
			bad++
		}
		dst[i] = muLawCode(x)
	}
	return bad
}

func encodeALaw(dst []byte, src []float32) (bad int) {
	dst = dst[:len(src)]
	for i, x := range src {
		if math.Float32bits(x)&abs32 > finite32 {
			x = 0
			bad++
		}
		dst[i] = aLawCode(x)
	}
	return bad
}
