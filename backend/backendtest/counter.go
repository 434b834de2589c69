package backendtest

import (
	"encoding/binary"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
)

// Counter makes and checks blocks in which every frame holds its number: the sample of frame i in
// channel c is i + 101·c, as an integer that wraps around at Span. A frame that is lost, doubled,
// shifted or has its channels swapped shows.
//
// The pattern is for bit-exact paths; it is full-scale noise to the ear. A Counter is immutable:
// any goroutine may use it. Fill, and a Check that finds nothing, do not allocate.
type Counter struct {
	encoding   audio.Encoding
	channels   int
	frameBytes int
}

const channelStep = 101 // odd, so 64 channels differ even in 8 bits

// NewCounter returns the counter for blocks of a format. It panics if the format is invalid.
func NewCounter(f audio.Format) Counter {
	if err := f.Validate(); err != nil {
		panic(err)
	}
	return Counter{encoding: f.Encoding, channels: f.Channels, frameBytes: f.FrameBytes()}
}

// Span returns the number of frames after which the pattern repeats: 2 to the bits of a sample,
// where floats count 24 bits and doubles 32.
func (c Counter) Span() uint64 { return 1 << sampleBits(c.encoding) }

// Number returns the frame number, modulo Span, in the first frame of a block, or any number if
// that is not of the pattern.
func (c Counter) Number(frame []byte) uint64 {
	v, _ := getSample(c.encoding, frame)
	return uint64(v)
}

// Fill writes frames first, first+1 … into a block of whole frames.
func (c Counter) Fill(block []byte, first uint64) {
	if c.encoding == audio.S16LE && c.channels == 2 {
		fillStereo(block, first)
		return
	}
	size := c.encoding.Bytes()
	for at := 0; at+c.frameBytes <= len(block); at += c.frameBytes {
		for ch := range c.channels {
			putSample(c.encoding, block[at+ch*size:], uint32(first)+uint32(ch)*channelStep)
		}
		first++
	}
}

// Check compares a block of whole frames with frames first, first+1 … It returns the index of the
// first frame in the block that differs and an error that says how, or -1 and nil.
func (c Counter) Check(block []byte, first uint64) (bad int, err error) {
	at := 0
	if c.encoding == audio.S16LE && c.channels == 2 {
		at = sameStereo(block, first)
	}
	for ; at+c.frameBytes <= len(block); at += c.frameBytes {
		n := at / c.frameBytes
		frame := block[at : at+c.frameBytes]
		if !c.holds(frame, first+uint64(n)) {
			return n, c.differs(frame, n, first+uint64(n))
		}
	}
	return -1, nil
}

// holds reports whether a frame is number n.
func (c Counter) holds(frame []byte, n uint64) bool {
	size := c.encoding.Bytes()
	mask := uint32(c.Span() - 1)
	for ch := range c.channels {
		v, exact := getSample(c.encoding, frame[ch*size:])
		if !exact || v != (uint32(n)+uint32(ch)*channelStep)&mask {
			return false
		}
	}
	return true
}

func (c Counter) differs(frame []byte, index int, n uint64) error {
	if found := c.Number(frame); c.holds(frame, found) {
		by, way := (found-n)&(c.Span()-1), "ahead"
		if by > c.Span()/2 {
			by, way = c.Span()-by, "back"
		}
		return fmt.Errorf("frame %d of the block should be number %d, but is %d frames %s", index, n, by, way)
	}
	return fmt.Errorf("frame %d of the block should be number %d, but is no frame of the counter: % x", index, n, frame)
}

// Two frames of two channels of 16 bits are one word of four lanes.
const (
	lanes    = 0x0001_0001_0001_0001
	laneTops = lanes << 15
)

// stereoWord holds the frames n and n+1.
func stereoWord(n uint64) uint64 {
	a, b := uint64(uint16(n)), uint64(uint16(n+1))
	return a | uint64(uint16(a+channelStep))<<16 | b<<32 | uint64(uint16(b+channelStep))<<48
}

// twoOn advances every lane by two frames; no carry crosses into the next lane.
func twoOn(w uint64) uint64 {
	return ((w &^ laneTops) + 2*lanes) ^ (w & laneTops)
}

func fillStereo(block []byte, first uint64) {
	w := stereoWord(first)
	for ; len(block) >= 8; block = block[8:] {
		binary.LittleEndian.PutUint64(block, w)
		w = twoOn(w)
	}
	if len(block) >= 4 {
		binary.LittleEndian.PutUint32(block, uint32(w))
	}
}

// sameStereo returns how many bytes match.
func sameStereo(block []byte, first uint64) (at int) {
	w := stereoWord(first)
	for ; len(block) >= 8; block = block[8:] {
		if binary.LittleEndian.Uint64(block) != w {
			break
		}
		w = twoOn(w)
		at += 8
	}
	return at
}
