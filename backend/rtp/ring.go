package rtp

import (
	"bytes"
	"math/bits"
)

// ring holds the frames that have come, each in the place of its number: the jitter buffer. A frame is there or is missing; what
// packets they came in, and in which order, does not matter.
type ring struct {
	frame int    // bytes
	bytes []byte // of frames
	there []byte // 1 for each frame that is there
	mask  int64
	moved int64 // from numbers to places
}

// newRing returns one that has room for at least so many frames in a row.
func newRing(frames, frameBytes int) *ring {
	size := 1 << bits.Len(uint(frames-1))
	return &ring{frame: frameBytes, bytes: make([]byte, size*frameBytes), there: make([]byte, size), mask: int64(size - 1)}
}

func (r *ring) size() int64 { return r.mask + 1 }

// at returns the place of a number.
func (r *ring) at(q int64) int64 { return (q + r.moved) & r.mask }

// renumber makes number zero number 0, and keeps frames of so many new ones.
func (r *ring) renumber(zero, from, to int64) {
	r.moved += zero
	r.clear(to, r.size()-(to-from))
}

// place puts whole frames in, from number q on, not more than the ring has.
func (r *ring) place(q int64, payload []byte) {
	for len(payload) > 0 {
		at := r.at(q)
		n := copy(r.bytes[int(at)*r.frame:], payload)
		payload = payload[n:]
		frames := int64(n / r.frame)
		for i := range r.there[at : at+frames] {
			r.there[int(at)+i] = 1
		}
		q += frames
	}
}

// has reports whether a frame is there.
func (r *ring) has(q int64) bool { return r.there[r.at(q)] != 0 }

// run returns the first of n frames that are alike, all there or all missing, and lie in one piece.
func (r *ring) run(q int64, n int) (frames []byte, count int, there bool) {
	at := int(r.at(q))
	marks := r.there[at:min(at+n, len(r.there))]
	there = marks[0] != 0
	if count = bytes.IndexByte(marks, 1-marks[0]); count < 0 {
		count = len(marks)
	}
	return r.bytes[at*r.frame : (at+count)*r.frame], count, there
}

// clear takes frames from number q on out.
func (r *ring) clear(q, frames int64) {
	for frames = min(frames, r.size()); frames > 0; {
		at := r.at(q)
		n := min(frames, r.size()-at)
		clear(r.there[at : at+n])
		q, frames = q+n, frames-n
	}
}
