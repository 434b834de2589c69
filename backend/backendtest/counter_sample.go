package backendtest

import (
	"encoding/binary"
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// sampleBits returns how many bits of a number a sample carries.
func sampleBits(e audio.Encoding) int {
	switch e {
	case audio.FloatLE, audio.FloatBE:
		return 24
	case audio.Float64LE, audio.Float64BE:
		return 32
	}
	return e.Bits()
}

// putSample stores the low bits of v: as a signed integer, as a byte for U8 and the laws, as a
// fraction of full scale for floats.
func putSample(e audio.Encoding, p []byte, v uint32) {
	switch e {
	case audio.S16LE:
		binary.LittleEndian.PutUint16(p, uint16(v))
	case audio.S16BE:
		binary.BigEndian.PutUint16(p, uint16(v))
	case audio.S24LE3:
		p[0], p[1], p[2] = byte(v), byte(v>>8), byte(v>>16)
	case audio.S24BE3:
		p[0], p[1], p[2] = byte(v>>16), byte(v>>8), byte(v)
	case audio.S24LE:
		binary.LittleEndian.PutUint32(p, uint32(signed24(v)))
	case audio.S24BE:
		binary.BigEndian.PutUint32(p, uint32(signed24(v)))
	case audio.S32LE:
		binary.LittleEndian.PutUint32(p, v)
	case audio.S32BE:
		binary.BigEndian.PutUint32(p, v)
	case audio.FloatLE:
		binary.LittleEndian.PutUint32(p, math.Float32bits(float32(signed24(v))/(1<<23)))
	case audio.FloatBE:
		binary.BigEndian.PutUint32(p, math.Float32bits(float32(signed24(v))/(1<<23)))
	case audio.Float64LE:
		binary.LittleEndian.PutUint64(p, math.Float64bits(float64(int32(v))/(1<<31)))
	case audio.Float64BE:
		binary.BigEndian.PutUint64(p, math.Float64bits(float64(int32(v))/(1<<31)))
	default:
		p[0] = byte(v)
	}
}

// getSample returns the number in a sample; exact is false if a float holds none.
func getSample(e audio.Encoding, p []byte) (v uint32, exact bool) {
	switch e {
	case audio.S16LE:
		return uint32(binary.LittleEndian.Uint16(p)), true
	case audio.S16BE:
		return uint32(binary.BigEndian.Uint16(p)), true
	case audio.S24LE3:
		return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16, true
	case audio.S24BE3:
		return uint32(p[2]) | uint32(p[1])<<8 | uint32(p[0])<<16, true
	case audio.S24LE: // the fourth byte is unused
		return binary.LittleEndian.Uint32(p) & 0xFFFFFF, true
	case audio.S24BE:
		return binary.BigEndian.Uint32(p) & 0xFFFFFF, true
	case audio.S32LE:
		return binary.LittleEndian.Uint32(p), true
	case audio.S32BE:
		return binary.BigEndian.Uint32(p), true
	case audio.FloatLE:
		return fromFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(p))), 24)
	case audio.FloatBE:
		return fromFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(p))), 24)
	case audio.Float64LE:
		return fromFloat(math.Float64frombits(binary.LittleEndian.Uint64(p)), 32)
	case audio.Float64BE:
		return fromFloat(math.Float64frombits(binary.BigEndian.Uint64(p)), 32)
	default:
		return uint32(p[0]), true
	}
}

func signed24(v uint32) int32 { return int32(v<<8) >> 8 }

func fromFloat(f float64, bits int) (uint32, bool) {
	f *= float64(uint64(1) << (bits - 1))
	if !(f >= -(1<<31) && f < 1<<31) { // also false for NaN
		return 0, false
	}
	n := int64(f)
	return uint32(n) & uint32(1<<bits-1), float64(n) == f
}
