package audio

// Conversion between the encodings and float32, where full scale is ±1: an integer
// of b bits is divided by 2^(b-1), so that -1 exists and +1 is one step too far; the
// laws are the 16 bit values of G.711 divided by 32768. Up to 24 bits every code
// comes back from float32 unchanged; S32 and FLOAT64 need Reencode for that.
//
//	call             allocates  blocks  from
//	Decode, Encode   no         no      any goroutine; a Dither belongs to one stream
//	Reencode, Holds  no         no      any goroutine

// Decode turns len(dst) samples at the start of src into float32. S32 and FLOAT64
// are rounded to nearest. NaN and infinities become 0, and bad counts them; a
// FLOAT64 that is finite but beyond float32 becomes the largest float32. It panics
// if src is too short. An invalid encoding is silence.
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

// Encode turns src into len(src) samples at the start of dst. Integers are rounded to
// nearest, ties to even, and saturate; floats are not clipped; the laws take the
// interval of G.711 that the value is in. NaN and infinities become 0, and bad counts
// them. With d, integers of up to 24 bits are dithered before rounding; d may be nil.
// S24_LE and S24_BE extend the sign into their fourth byte. It panics if dst is too
// short. An invalid encoding writes nothing.
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

// integer is true for linear integers.
func (e Encoding) integer() bool { return e >= U8 && e <= S32BE }

// Holds reports whether e has a code for every value of from, so that nothing is
// lost and dither has no use. Where from is S32 or FLOAT64 only Reencode keeps what
// e holds. µ-law has two zeros; an integer holds the value, not which one it was.
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

// twin is the same encoding in the other byte order, 0 if it has none.
func (e Encoding) twin() Encoding {
	switch {
	case e < S16LE || e > Float64BE:
		return 0
	case (e-S16LE)%2 == 0:
		return e + 1
	}
	return e - 1
}
