package main

import (
	"encoding/binary"
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// peakOf is the largest magnitude among whole samples; 1 is full scale. Floats may
// be beyond; what is no number counts as silence.
func peakOf(e audio.Encoding, samples []byte) float64 {
	size, decode := e.Bytes(), decoder(e)
	if decode == nil {
		return 0
	}
	peak := 0.0
	for len(samples) >= size {
		if v := math.Abs(decode(samples)); v > peak {
			peak = v
		}
		samples = samples[size:]
	}
	return peak
}

// decoder makes a number of the first sample of a block; nil for no encoding.
func decoder(e audio.Encoding) func([]byte) float64 {
	le, be := binary.LittleEndian, binary.BigEndian
	switch e {
	case audio.U8:
		return func(b []byte) float64 { return float64(int(b[0])-0x80) / 0x80 }
	case audio.S8:
		return func(b []byte) float64 { return float64(int8(b[0])) / 0x80 }
	case audio.S16LE:
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) / 0x8000 }
	case audio.S16BE:
		return func(b []byte) float64 { return float64(int16(be.Uint16(b))) / 0x8000 }
	case audio.S24LE3:
		return func(b []byte) float64 { return signed24(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16) }
	case audio.S24BE3:
		return func(b []byte) float64 { return signed24(uint32(b[2]) | uint32(b[1])<<8 | uint32(b[0])<<16) }
	case audio.S24LE:
		return func(b []byte) float64 { return signed24(le.Uint32(b)) }
	case audio.S24BE:
		return func(b []byte) float64 { return signed24(be.Uint32(b)) }
	case audio.S32LE:
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) / (1 << 31) }
	case audio.S32BE:
		return func(b []byte) float64 { return float64(int32(be.Uint32(b))) / (1 << 31) }
	case audio.FloatLE:
		return func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) }
	case audio.FloatBE:
		return func(b []byte) float64 { return float64(math.Float32frombits(be.Uint32(b))) }
	case audio.Float64LE:
		return func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) }
	case audio.Float64BE:
		return func(b []byte) float64 { return math.Float64frombits(be.Uint64(b)) }
	case audio.MuLaw:
		return func(b []byte) float64 { return muLaw(b[0]) }
	case audio.ALaw:
		return func(b []byte) float64 { return aLaw(b[0]) }
	}
	return nil
}

// signed24 reads the low three bytes.
func signed24(u uint32) float64 { return float64(int32(u<<8)>>8) / (1 << 23) }

// muLaw is the magnitude of a G.711 µ-law code; the largest is 8031 of 8192.
func muLaw(code byte) float64 {
	code = ^code
	exponent, mantissa := code>>4&7, int(code&15)
	return float64((2*mantissa+33)<<exponent-33) / 8192
}

// aLaw is the magnitude of a G.711 A-law code; the largest is 4032 of 4096.
func aLaw(code byte) float64 {
	code ^= 0x55
	exponent, mantissa := code>>4&7, int(code&15)
	if exponent == 0 {
		return float64(2*mantissa+1) / 4096
	}
	return float64((2*mantissa+33)<<(exponent-1)) / 4096
}
