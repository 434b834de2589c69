package bench

import "encoding/binary"

// checker follows the pattern in what a reader receives and classifies every frame.
type checker struct {
	*pattern
	next  uint64 // number of the next frame expected
	back  uint64 // how far back to look for a repeated frame
	held  []byte // frames too few to place without those that follow
	pend  uint64 // frames of silence after the last frame
	ended bool   // no frames follow
	index index  // of places ahead and back

	tally
}

// tally counts frames by what a checker found.
type tally struct {
	Good     uint64 `json:"good"`     // of the pattern, each once
	Lost     uint64 `json:"lost"`     // numbers that were skipped
	Doubled  uint64 `json:"doubled"`  // numbers that came twice
	Corrupt  uint64 `json:"corrupt"`  // neither pattern nor silence
	Inserted uint64 `json:"inserted"` // silence between frames
	Trailing uint64 `json:"trailing"` // silence after the last frame of the pattern
}

// newChecker expects frame 0 first.
func newChecker(p *pattern, back int) *checker { return &checker{pattern: p, back: uint64(back)} }

// feed checks a block of whole frames, of which those below limit have been written.
func (c *checker) feed(block []byte, limit uint64) {
	if len(c.held) > 0 {
		block = append(c.held, block...)
		c.held = nil
	}
	c.scan(block, limit)
}

// faults returns how many frames were not as expected, so far.
func (c *checker) faults() uint64 { return c.Lost + c.Doubled + c.Corrupt }

// complete reports whether all frames have come that were written, or are not to be expected any more: silence of two
// seconds followed.
func (c *checker) complete(written uint64, rate int) bool {
	return c.next >= written || c.pend > 2*uint64(rate)
}

// finish checks the frames held back, after the last block. written is the total number of frames.
func (c *checker) finish(written uint64) tally {
	c.ended = true
	c.scan(c.held, written)
	c.held = nil
	c.Trailing = c.pend
	c.Lost += written - min(c.next, written)
	return c.tally
}

func (c *checker) scan(block []byte, limit uint64) {
	for len(block) > 0 {
		if n := c.match(block, c.next); n > 0 {
			c.accept(n)
			block = block[n*c.frame:]
			continue
		}
		quiet := c.silent(block)
		block = block[quiet*c.frame:]
		c.pend += uint64(quiet)
		switch place, found := c.find(block, limit); {
		case len(block) == 0:
		case found:
			c.jump(place)
		case len(block) < c.window()*c.frame && !c.ended:
			c.held = append([]byte(nil), block...)
			return
		default: // a damaged frame in the place of the expected one
			c.Corrupt++
			c.next++
			block = block[c.frame:]
		}
	}
}

func (c *checker) accept(n int) {
	c.Good += uint64(n)
	c.next += uint64(n)
	c.Inserted += c.pend
	c.pend = 0
}

// jump continues at another place than expected.
func (c *checker) jump(place uint64) {
	if place >= c.next {
		c.Lost += place - c.next
	} else {
		again := c.next - place
		c.Doubled += again
		c.Good -= min(c.Good, again)
	}
	c.next = place
}

// find returns the place of the first frames of a block: ahead if frames were lost, or back if
// they repeat. The place of the last frames is known.
func (c *checker) find(block []byte, limit uint64) (place uint64, found bool) {
	n := min(c.window(), len(block)/c.frame)
	if n < c.window() {
		place = limit - min(limit, uint64(n))
		return place, c.ended && n > 0 && place >= c.next && c.match(block, place) == n
	}
	first := c.next - min(c.next, c.back)
	place, found = c.index.find(c.pattern, block, first, limit)
	return place, found && c.match(block[:n*c.frame], place) == n
}

// index finds places of the pattern by the eight bytes there, so that a reader that meets a fault keeps up.
type index struct {
	places   map[uint64]uint64
	from, to uint64 // what is in it
}

// indexRoom is how many places before those that are looked for stay in an index.
const indexRoom = 1 << 20

// find returns the place from first to limit at which the pattern has the bytes that a window begins with.
func (x *index) find(p *pattern, window []byte, first, limit uint64) (uint64, bool) {
	if x.places == nil || first < x.from || first > x.to || first-x.from > indexRoom {
		*x = index{map[uint64]uint64{}, first, first}
	}
	frames := make([]byte, p.window()*p.frame)
	for ; x.to < limit; x.to++ {
		p.fill(frames, x.to)
		x.places[binary.LittleEndian.Uint64(frames)] = x.to
	}
	place, found := x.places[binary.LittleEndian.Uint64(window)]
	return place, found && place >= first && place < limit
}
