package main

import (
	"bytes"
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
)

// pattern is sound in which every frame says which one it is: its bytes are a hash
// of its number, in any encoding. Unlike a plain counter it does not repeat where
// a frame has few bits: eight bytes in a row are found at one place only.
type pattern struct {
	frame   int    // bytes
	words   uint64 // hashes per frame, of up to 8 bytes
	silence []byte // a frame
}

func newPattern(f audio.Format) *pattern {
	p := &pattern{frame: f.FrameBytes(), silence: make([]byte, f.FrameBytes())}
	p.words = uint64(p.frame+7) / 8
	f.Encoding.Silence(p.silence)
	return p
}

// hash is a bijection, so up to 2^32 frames of 4 bytes differ nearly always.
func hash(n uint64) uint64 {
	n = (n + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	n = (n ^ n>>31) * 0x94D049BB133111EB
	return n ^ n>>32
}

// fill writes the frames first, first+1 … into a block of whole frames.
func (p *pattern) fill(block []byte, first uint64) {
	if p.frame == 4 {
		for ; len(block) >= 4; block = block[4:] {
			binary.LittleEndian.PutUint32(block, uint32(hash(first)))
			first++
		}
		return
	}
	for ; len(block) >= p.frame; block = block[p.frame:] {
		p.put(block[:p.frame], first)
		first++
	}
}

// put makes one frame.
func (p *pattern) put(frame []byte, n uint64) {
	var word [8]byte
	for k := n * p.words; len(frame) > 0; k++ {
		binary.LittleEndian.PutUint64(word[:], hash(k))
		frame = frame[copy(frame, word[:]):]
	}
}

// match is how many frames at the beginning of a block are first, first+1 …
func (p *pattern) match(block []byte, first uint64) (frames int) {
	if p.frame == 4 {
		for ; len(block) >= 4 && binary.LittleEndian.Uint32(block) == uint32(hash(first)); block = block[4:] {
			first++
			frames++
		}
		return frames
	}
	for ; len(block) >= p.frame && p.holds(block[:p.frame], first); block = block[p.frame:] {
		first++
		frames++
	}
	return frames
}

// holds reports whether a frame is number n.
func (p *pattern) holds(frame []byte, n uint64) bool {
	var word [8]byte
	for k := n * p.words; len(frame) > 0; k++ {
		binary.LittleEndian.PutUint64(word[:], hash(k))
		m := min(len(frame), 8)
		if !bytes.Equal(frame[:m], word[:m]) {
			return false
		}
		frame = frame[m:]
	}
	return true
}

// silent is how many frames at the beginning of a block are silence.
func (p *pattern) silent(block []byte) (frames int) {
	for ; len(block) >= p.frame && bytes.Equal(block[:p.frame], p.silence); block = block[p.frame:] {
		frames++
	}
	return frames
}

// window is how many frames it takes to know their place.
func (p *pattern) window() int { return max(2, (7+p.frame)/p.frame) }
