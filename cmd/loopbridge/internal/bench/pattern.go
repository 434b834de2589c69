package bench

import (
	"bytes"
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
)

// pattern is sound in which every frame identifies itself: its bytes are a scrambled form of its
// number, in any encoding, and never silence. Unlike a counter it does not repeat even if frames
// are short: any eight bytes in a row occur only once.
type pattern struct {
	frame   int    // bytes
	words   uint64 // in a frame, of up to 8 bytes each
	mask    uint64 // bits of a word that are used
	quiet   uint64 // the word of silence
	silence []byte // a frame
}

func newPattern(f audio.Format) *pattern {
	p := &pattern{frame: f.FrameBytes(), mask: ^uint64(0), silence: make([]byte, f.FrameBytes())}
	p.words = uint64(p.frame+7) / 8
	if p.frame < 8 {
		p.mask = 1<<(8*p.frame) - 1
	}
	f.Encoding.Silence(p.silence)
	var word [8]byte
	copy(word[:], p.silence)
	p.quiet = binary.LittleEndian.Uint64(word[:])
	return p
}

// word returns the bits for word k of the stream.
func (p *pattern) word(k uint64) uint64 {
	if p.frame == 4 { // silence at one frame in 2^32, which then is the expected one
		return (k + 1) * golden >> 32
	}
	k = (k + golden) * 0xBF58476D1CE4E5B9
	k = (k ^ k>>31) * 0x94D049BB133111EB
	k = (k ^ k>>32) & p.mask
	if k == p.quiet {
		k ^= 1
	}
	return k
}

// golden is 2^64 divided by the golden ratio: its multiples spread evenly.
const golden = 0x9E3779B97F4A7C15

// fill writes the frames first, first+1 … into a block of whole frames.
func (p *pattern) fill(block []byte, first uint64) {
	if p.frame == 4 { // like word, but faster
		for at := (first + 1) * golden; len(block) >= 4; at += golden {
			binary.LittleEndian.PutUint32(block, uint32(at>>32))
			block = block[4:]
		}
		return
	}
	for ; len(block) >= p.frame; block = block[p.frame:] {
		p.put(block[:p.frame], first)
		first++
	}
}

// put writes frame n.
func (p *pattern) put(frame []byte, n uint64) {
	var word [8]byte
	for k := n * p.words; len(frame) > 0; k++ {
		binary.LittleEndian.PutUint64(word[:], p.word(k))
		frame = frame[copy(frame, word[:]):]
	}
}

// match returns how many frames at the start of a block are first, first+1 …
func (p *pattern) match(block []byte, first uint64) (frames int) {
	if p.frame == 4 {
		at := (first + 1) * golden
		for ; len(block) >= 4 && binary.LittleEndian.Uint32(block) == uint32(at>>32); block = block[4:] {
			at += golden
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
		binary.LittleEndian.PutUint64(word[:], p.word(k))
		m := min(len(frame), 8)
		if !bytes.Equal(frame[:m], word[:m]) {
			return false
		}
		frame = frame[m:]
	}
	return true
}

// silent returns how many frames at the start of a block are silent.
func (p *pattern) silent(block []byte) (frames int) {
	for ; len(block) >= p.frame && bytes.Equal(block[:p.frame], p.silence); block = block[p.frame:] {
		frames++
	}
	return frames
}

// window returns how many frames in a row occur only once.
func (p *pattern) window() int { return max(2, (7+p.frame)/p.frame) }
