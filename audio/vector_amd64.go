package audio

import "golang.org/x/sys/cpu"

// Vector instructions (AVX2) for the encodings that need speed. They handle whole groups of
// samples and leave the rest to the plain code; both give the same results to the bit.

// byteMap holds the source of each byte of a register; 0x80 is a zero byte.
type byteMap [16]byte

// Groups of four bytes, unless the name says otherwise.
var (
	keepBytes = byteMap{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	swap2     = byteMap{1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14}
	swap4     = byteMap{3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12}
	upper24LE = byteMap{0x80, 0, 1, 2, 0x80, 4, 5, 6, 0x80, 8, 9, 10, 0x80, 12, 13, 14}
	upper24BE = byteMap{0x80, 3, 2, 1, 0x80, 7, 6, 5, 0x80, 11, 10, 9, 0x80, 15, 14, 13}
	wide24LE3 = byteMap{0x80, 0, 1, 2, 0x80, 3, 4, 5, 0x80, 6, 7, 8, 0x80, 9, 10, 11}
	wide24BE3 = byteMap{0x80, 2, 1, 0, 0x80, 5, 4, 3, 0x80, 8, 7, 6, 0x80, 11, 10, 9}
)

// reach16 holds the bits of the largest float32 below 65536, which is 2^31 steps of S16: the
// kernel saturates correctly, as an int32 does, up to there.
const reach16 = 0x477FFFFF

// group is how many samples a kernel handles at a time.
const group = 16

// vectors reports whether this processor supports the kernels.
func vectors() bool { return cpu.X86.HasAVX2 }

// decodeVector decodes as many samples as it can and returns their number; src has len(dst).
func (e Encoding) decodeVector(dst []float32, src []byte, bad *int) int {
	n := len(dst) / group * group
	if e == S24LE3 || e == S24BE3 {
		n = (len(dst) - 2) / group * group // the kernel reads four bytes beyond its last sample
	}
	if n <= 0 || !vectors() {
		return 0
	}
	var peak uint32
	switch d, s := &dst[0], &src[0]; e {
	case S16LE:
		decode16AVX2(d, s, n, &keepBytes)
	case S16BE:
		decode16AVX2(d, s, n, &swap2)
	case S24LE3:
		decode24AVX2(d, s, n, &wide24LE3)
	case S24BE3:
		decode24AVX2(d, s, n, &wide24BE3)
	case S24LE:
		decode32AVX2(d, s, n, &upper24LE)
	case S24BE:
		decode32AVX2(d, s, n, &upper24BE)
	case S32LE:
		decode32AVX2(d, s, n, &keepBytes)
	case S32BE:
		decode32AVX2(d, s, n, &swap4)
	case FloatLE:
		peak = decodeFloatAVX2(d, s, n, &keepBytes)
	case FloatBE:
		peak = decodeFloatAVX2(d, s, n, &swap4)
	default:
		return 0
	}
	if peak > finite32 {
		*bad += e.decodePlain(dst[:n], src[:n*e.Bytes()])
	}
	return n
}

// encodeVector encodes as many samples as it can and returns their number; dst has room.
func (e Encoding) encodeVector(dst []byte, src []float32, bad *int) int {
	n := len(src) / group * group
	if n <= 0 || !vectors() {
		return 0
	}
	var peak uint32
	limit := uint32(finite32)
	switch d, s := &dst[0], &src[0]; e {
	case S16LE:
		peak, limit = encode16AVX2(d, s, n, &keepBytes), reach16
	case S16BE:
		peak, limit = encode16AVX2(d, s, n, &swap2), reach16
	case U8, S8, S24LE3, S24BE3:
		peak = e.encodeBlocksVector(dst[:n*e.Bytes()], src[:n])
	case S24LE, S32LE:
		peak = quantiseAVX2(d, s, n, &keepBytes, spanOf(e.Bits()).floats())
	case S24BE, S32BE:
		peak = quantiseAVX2(d, s, n, &swap4, spanOf(e.Bits()).floats())
	case FloatLE:
		peak = encodeFloatAVX2(d, s, n, &keepBytes)
	case FloatBE:
		peak = encodeFloatAVX2(d, s, n, &swap4)
	default:
		return 0
	}
	if peak > limit {
		*bad += e.encodePlain(dst[:n*e.Bytes()], src[:n])
	}
	return n
}

// encodeBlocksVector is encodeBlocks for len(src) a multiple of group.
func (e Encoding) encodeBlocksVector(dst []byte, src []float32) (peak uint32) {
	var block [4 * blockSamples]byte
	s := spanOf(e.Bits()).floats()
	for len(src) > 0 {
		n := min(len(src), blockSamples)
		peak = max(peak, quantiseAVX2(&block[0], &src[0], n, &keepBytes, s))
		e.pack(dst[:n*e.Bytes()], block[:4*n])
		dst, src = dst[n*e.Bytes():], src[n:]
	}
	return peak
}

// floats converts s for the kernel. The highest value of 32 bits becomes 2^31, which the kernel
// saturates.
func (s span) floats() floatSpan {
	return floatSpan{float32(s.scale), float32(s.low), float32(s.high)}
}

type floatSpan struct {
	scale, low, high float32
}

// The kernels, in vector_amd64.s. n is a positive multiple of group. peak is the largest bit
// pattern of a float without its sign. If it exceeds the limit, which is rare, the plain code
// does everything again; that spares the kernels from counting.

//go:noescape
func decode16AVX2(dst *float32, src *byte, n int, order *byteMap)

//go:noescape
func decode24AVX2(dst *float32, src *byte, n int, order *byteMap)

//go:noescape
func decode32AVX2(dst *float32, src *byte, n int, order *byteMap)

//go:noescape
func decodeFloatAVX2(dst *float32, src *byte, n int, order *byteMap) (peak uint32)

//go:noescape
func encode16AVX2(dst *byte, src *float32, n int, order *byteMap) (peak uint32)

//go:noescape
func encodeFloatAVX2(dst *byte, src *float32, n int, order *byteMap) (peak uint32)

//go:noescape
func quantiseAVX2(dst *byte, src *float32, n int, order *byteMap, s floatSpan) (peak uint32)
