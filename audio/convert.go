package audio

// Conversion between the encodings and float32, where full scale is ±1. An integer of b bits is
// divided by 2^(b-1), so -1 exists and +1 does not; the laws are the 16-bit values of G.711
// divided by 32768. Every code of up to 24 bits survives the round trip through float32; S32 and
// FLOAT64 need Reencode for that.
//
//	call             allocates  blocks  from
//	Decode, Encode   no         no      any goroutine; a Dither belongs to one stream
//	Reencode, Holds  no         no      any goroutine

// Decode converts len(dst) samples at the start of src to float32. It rounds S32 and FLOAT64 to
// nearest, turns NaN and infinities into 0 and counts them in bad, and limits a finite FLOAT64
// to the range of float32. An invalid encoding decodes to silence. Decode panics if src is too
// short.
func (e Encoding) Decode(dst []float32, src []byte) (bad int) {
	src = src[: len(dst)*e.Bytes() : len(src)]
	n := e.decodeVector(dst, src, &bad)
	dst, src = dst[n:], src[n*e.Bytes():]
	return bad + e.decodePlain(dst, src)
}

// decodePlain is Decode without vector instructions.
func (e Encoding) decodePlain(dst []float32, src []byte) (bad int) {
	switch e {
	case U8:
		decode8(dst, src, 0x80)
	case S8:
		decode8(dst, src, 0)
	case S16LE:
		decode16LE(dst, src)
	case S16BE:
		decode16BE(dst, src)
	case S24LE3:
		decode24LE3(dst, src)
	case S24BE3:
		decode24BE3(dst, src)
	case S24LE:
		decode24LE(dst, src)
	case S24BE:
		decode24BE(dst, src)
	case S32LE:
		decode32LE(dst, src)
	case S32BE:
		decode32BE(dst, src)
	case FloatLE:
		bad = decodeFloatLE(dst, src)
	case FloatBE:
		bad = decodeFloatBE(dst, src)
	case Float64LE:
		bad = decodeFloat64LE(dst, src)
	case Float64BE:
		bad = decodeFloat64BE(dst, src)
	case MuLaw:
		decodeLaw(dst, src, &muLawValues)
	case ALaw:
		decodeLaw(dst, src, &aLawValues)
	default:
		clear(dst)
	}
	return bad
}

// Encode converts src to len(src) samples at the start of dst. It rounds integers to nearest,
// ties to even, and saturates them; it does not clip floats; a law takes the G.711 interval that
// holds the value. It turns NaN and infinities into 0 and counts them in bad. If d is not nil,
// integers of up to 24 bits are dithered before rounding. S24_LE and S24_BE extend the sign into
// their fourth byte. Encode panics if dst is too short; an invalid encoding writes nothing.
func (e Encoding) Encode(dst []byte, src []float32, d *Dither) (bad int) {
	dst = dst[: len(src)*e.Bytes() : len(dst)]
	if d != nil && e.integer() && e.Bits() <= 24 {
		return e.encodeDithered(dst, src, d)
	}
	n := e.encodeVector(dst, src, &bad)
	dst, src = dst[n*e.Bytes():], src[n:]
	return bad + e.encodePlain(dst, src)
}

// encodePlain is Encode without dither and without vector instructions.
func (e Encoding) encodePlain(dst []byte, src []float32) (bad int) {
	switch e {
	case S16LE:
		return encode16LE(dst, src)
	case S16BE:
		return encode16BE(dst, src)
	case FloatLE:
		return encodeFloatLE(dst, src)
	case FloatBE:
		return encodeFloatBE(dst, src)
	case Float64LE:
		return encodeFloat64LE(dst, src)
	case Float64BE:
		return encodeFloat64BE(dst, src)
	case MuLaw:
		return encodeMuLaw(dst, src)
	case ALaw:
		return encodeALaw(dst, src)
	case S32LE, S24LE:
		return quantise(dst, src, spanOf(e.Bits()))
	}
	if !e.integer() {
		return 0
	}
	return e.encodeBlocks(dst, src)
}

// integer reports whether e is a linear integer encoding.
func (e Encoding) integer() bool { return e >= U8 && e <= S32BE }

// Holds reports whether e has a code for every value of from, so that conversion loses nothing
// and dither is useless. From S32 and FLOAT64 only Reencode is that exact. µ-law has two zeros;
// an integer does not tell them apart.
func (e Encoding) Holds(from Encoding) bool {
	switch {
	case !e.Valid() || !from.Valid():
		return false
	case e == from || e == from.twin():
		return true
	case e == Float64LE || e == Float64BE:
		return true
	case e == FloatLE || e == FloatBE:
		return from != S32LE && from != S32BE && from != Float64LE && from != Float64BE
	case !e.integer():
		return false
	case from == MuLaw || from == ALaw:
		return e.Bits() >= 16
	}
	return from.integer() && e.Bits() >= from.Bits()
}

// twin returns the same encoding in the other byte order, or 0 if it has none.
func (e Encoding) twin() Encoding {
	switch {
	case e < S16LE || e > Float64BE:
		return 0
	case (e-S16LE)%2 == 0:
		return e + 1
	}
	return e - 1
}
