package flac

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// blockFrames is how many frames a block has, but for the last one.
const blockFrames = 4096

// Modes of two channels; others have their number less one.
const (
	leftSide  = 8
	sideRight = 9
	midSide   = 10
)

// encoder writes frames, which is what FLAC calls the blocks of a file.
type encoder struct {
	coder
	crcs     *crcs
	out      bitWriter
	channels int
	bits     uint // of a sample
	rate     int
	number   uint64 // of the next frame
	x        [][]int32
	mid      [blockFrames]int32
	side     [blockFrames]int32
}

func newEncoder(channels, size, rate int) *encoder {
	e := &encoder{coder: coder{lpc: newLPC()}, crcs: newCRCs(), channels: channels, bits: uint(size), rate: rate, x: make([][]int32, channels)}
	for i := range e.x {
		e.x[i] = make([]int32, blockFrames)
	}
	return e
}

// load takes the samples of whole frames, little endian, at most blockFrames.
func (e *encoder) load(p []byte) (frames int) {
	size := int(e.bits / 8)
	frames = len(p) / size / e.channels
	if e.bits == 16 && e.channels == 2 {
		left, right := e.x[0][:frames], e.x[1][:frames]
		for i := range left {
			v := binary.LittleEndian.Uint32(p[4*i:])
			left[i], right[i] = int32(int16(v)), int32(v)>>16
		}
		return frames
	}
	for c, x := range e.x {
		at := p[c*size:]
		for i := range x[:frames] {
			b := at[i*size*e.channels:]
			if size == 2 {
				x[i] = int32(int16(binary.LittleEndian.Uint16(b)))
			} else {
				x[i] = int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24) >> 8
			}
		}
	}
	return frames
}

// encode appends the frame of a block to out.
func (e *encoder) encode(p []byte) {
	frames := e.load(p)
	mode := e.channels - 1
	if e.channels == 2 {
		mode = e.mode(frames)
	}
	from := len(e.out.b)
	e.header(frames, mode)
	switch mode {
	case leftSide:
		e.subframe(&e.out, e.x[0][:frames], e.bits)
		e.subframe(&e.out, e.side[:frames], e.bits+1)
	case sideRight:
		e.subframe(&e.out, e.side[:frames], e.bits+1)
		e.subframe(&e.out, e.x[1][:frames], e.bits)
	case midSide:
		e.subframe(&e.out, e.mid[:frames], e.bits)
		e.subframe(&e.out, e.side[:frames], e.bits+1)
	default:
		for _, x := range e.x {
			e.subframe(&e.out, x[:frames], e.bits)
		}
	}
	e.out.align()
	e.out.b = binary.BigEndian.AppendUint16(e.out.b, e.crcs.of16(e.out.b[from:]))
	e.number++
}

// mode returns the mode of two channels that leaves the least, judged by the predictor of order 2, and makes mid and side.
func (e *encoder) mode(frames int) int {
	left, right, mid, side := e.x[0][:frames], e.x[1][:frames], e.mid[:frames], e.side[:frames]
	var l, r, m, s uint64
	var l1, l2, r1, r2 int32
	for i := range left {
		a, b := left[i], right[i]
		mid[i], side[i] = (a+b)>>1, a-b
		da, db := a-2*l1+l2, b-2*r1+r2
		l2, l1, r2, r1 = l1, a, r1, b
		l += uint64(abs(da))
		r += uint64(abs(db))
		m += uint64(abs((da + db) >> 1))
		s += uint64(abs(da - db))
	}
	sums := [...]uint64{l + r, l + s, s + r, m + s}
	best := slices.Index(sums[:], slices.Min(sums[:]))
	return [...]int{1, leftSide, sideRight, midSide}[best]
}

// header appends the header of a frame.
func (e *encoder) header(frames, mode int) {
	w := &e.out
	from := len(w.b)
	w.put(0xFFF8, 16) // blocks of one size
	size := uint64(7) // 16 bits of the size follow
	if frames == blockFrames {
		size = uint64(bits.Len(blockFrames) - 1)
	}
	w.put(size, 4)
	w.put(rateCode(e.rate), 4)
	w.put(uint64(mode), 4)
	w.put(map[uint]uint64{16: 4, 24: 6}[e.bits]<<1, 4)
	w.align()
	w.b = appendNumber(w.b, e.number)
	if size == 7 {
		w.b = binary.BigEndian.AppendUint16(w.b, uint16(frames-1))
	}
	w.b = append(w.b, e.crcs.of8(w.b[from:]))
}

// rateCode returns the code of a rate, or that for "as the file says".
func rateCode(rate int) uint64 {
	for i, r := range [...]int{88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000} {
		if r == rate {
			return uint64(i + 1)
		}
	}
	return 0
}

// appendNumber appends a number as UTF-8 would, up to 36 bits.
func appendNumber(b []byte, n uint64) []byte {
	if n < 0x80 {
		return append(b, byte(n))
	}
	more := 1
	for n>>(6*more+6-more) != 0 {
		more++
	}
	b = append(b, byte(0xFF<<(7-more))|byte(n>>(6*more)))
	for more--; more >= 0; more-- {
		b = append(b, 0x80|byte(n>>(6*more))&0x3F)
	}
	return b
}
