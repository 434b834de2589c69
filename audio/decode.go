package audio

import "encoding/binary"

// Linear integers to float32. Each loop takes eight samples at a time from slices of fixed
// length, which keeps bounds checks out of it. src holds exactly len(dst) samples.

const (
	unit8  = 1.0 / (1 << 7)
	unit16 = 1.0 / (1 << 15)
	unit32 = 1.0 / (1 << 31) // 24 bits too: they are decoded in the upper 24 of 32
)

func decode8(dst []float32, src []byte, flip byte) {
	src = src[:len(dst)]
	for i, b := range src {
		dst[i] = float32(int8(b^flip)) * unit8
	}
}

func decode16LE(dst []float32, src []byte) {
	for len(dst) >= 8 && len(src) >= 16 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		dst[0] = float32(int16(a)) * unit16
		dst[1] = float32(int16(a>>16)) * unit16
		dst[2] = float32(int16(a>>32)) * unit16
		dst[3] = float32(int16(a>>48)) * unit16
		dst[4] = float32(int16(b)) * unit16
		dst[5] = float32(int16(b>>16)) * unit16
		dst[6] = float32(int16(b>>32)) * unit16
		dst[7] = float32(int16(b>>48)) * unit16
		dst, src = dst[8:], src[16:]
	}
	for i := range dst {
		dst[i] = float32(int16(binary.LittleEndian.Uint16(src[2*i:]))) * unit16
	}
}

func decode16BE(dst []float32, src []byte) {
	for len(dst) >= 8 && len(src) >= 16 {
		a, b := binary.BigEndian.Uint64(src), binary.BigEndian.Uint64(src[8:])
		dst[0] = float32(int16(a>>48)) * unit16
		dst[1] = float32(int16(a>>32)) * unit16
		dst[2] = float32(int16(a>>16)) * unit16
		dst[3] = float32(int16(a)) * unit16
		dst[4] = float32(int16(b>>48)) * unit16
		dst[5] = float32(int16(b>>32)) * unit16
		dst[6] = float32(int16(b>>16)) * unit16
		dst[7] = float32(int16(b)) * unit16
		dst, src = dst[8:], src[16:]
	}
	for i := range dst {
		dst[i] = float32(int16(binary.BigEndian.Uint16(src[2*i:]))) * unit16
	}
}

// decode24LE3 takes four samples, twelve bytes, from two overlapping words.
func decode24LE3(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 12 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[4:])
		dst[0] = float32(int32(a<<8)) * unit32
		dst[1] = float32(int32(uint32(a>>16)&^0xFF)) * unit32
		dst[2] = float32(int32(uint32(b>>8)&^0xFF)) * unit32
		dst[3] = float32(int32(uint32(b>>32)&^0xFF)) * unit32
		dst, src = dst[4:], src[12:]
	}
	for i := range dst {
		s := src[3*i : 3*i+3]
		dst[i] = float32(int32(uint32(s[0])<<8|uint32(s[1])<<16|uint32(s[2])<<24)) * unit32
	}
}

func decode24BE3(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 12 {
		a, b := binary.BigEndian.Uint64(src), binary.BigEndian.Uint64(src[4:])
		dst[0] = float32(int32(uint32(a>>32)&^0xFF)) * unit32
		dst[1] = float32(int32(uint32(a>>8)&^0xFF)) * unit32
		dst[2] = float32(int32(uint32(b>>16)&^0xFF)) * unit32
		dst[3] = float32(int32(b<<8)) * unit32
		dst, src = dst[4:], src[12:]
	}
	for i := range dst {
		s := src[3*i : 3*i+3]
		dst[i] = float32(int32(uint32(s[0])<<24|uint32(s[1])<<16|uint32(s[2])<<8)) * unit32
	}
}

// decode24LE ignores the fourth byte.
func decode24LE(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 16 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		dst[0] = float32(int32(a<<8)) * unit32
		dst[1] = float32(int32(a>>24)&^0xFF) * unit32
		dst[2] = float32(int32(b<<8)) * unit32
		dst[3] = float32(int32(b>>24)&^0xFF) * unit32
		dst, src = dst[4:], src[16:]
	}
	for i := range dst {
		dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:])<<8)) * unit32
	}
}

func decode24BE(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 16 {
		a, b := binary.BigEndian.Uint64(src), binary.BigEndian.Uint64(src[8:])
		dst[0] = float32(int32(a>>24)&^0xFF) * unit32
		dst[1] = float32(int32(a<<8)) * unit32
		dst[2] = float32(int32(b>>24)&^0xFF) * unit32
		dst[3] = float32(int32(b<<8)) * unit32
		dst, src = dst[4:], src[16:]
	}
	for i := range dst {
		dst[i] = float32(int32(binary.BigEndian.Uint32(src[4*i:])<<8)) * unit32
	}
}

func decode32LE(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 16 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		dst[0] = float32(int32(a)) * unit32
		dst[1] = float32(int32(a>>32)) * unit32
		dst[2] = float32(int32(b)) * unit32
		dst[3] = float32(int32(b>>32)) * unit32
		dst, src = dst[4:], src[16:]
	}
	for i := range dst {
		dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:]))) * unit32
	}
}

func decode32BE(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 16 {
		a, b := binary.BigEndian.Uint64(src), binary.BigEndian.Uint64(src[8:])
		dst[0] = float32(int32(a>>32)) * unit32
		dst[1] = float32(int32(a)) * unit32
		dst[2] = float32(int32(b>>32)) * unit32
		dst[3] = float32(int32(b)) * unit32
		dst, src = dst[4:], src[16:]
	}
	for i := range dst {
		dst[i] = float32(int32(binary.BigEndian.Uint32(src[4*i:]))) * unit32
	}
}
