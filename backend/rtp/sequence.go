package rtp

// span is how many sequence numbers a Sequence remembers: half a second of the shortest packets.
const span = 4096

// bitmap marks sequence numbers, by their low bits.
type bitmap [span / 64]uint64

func (b *bitmap) has(seq uint64) bool { return b[seq%span/64]>>(seq%64)&1 != 0 }
func (b *bitmap) set(seq uint64)      { b[seq%span/64] |= 1 << (seq % 64) }
func (b *bitmap) clear(seq uint64)    { b[seq%span/64] &^= 1 << (seq % 64) }

// sequence knows which packets have come on which path. Numbers are those of RTP, continued beyond 16 bits: they are the same on
// both paths (SMPTE ST 2022-7). It is plain data.
type sequence struct {
	Begun   bool      `json:"begun,omitempty"`
	Most    uint64    `json:"most"`    // the highest number of any path
	On      [2]uint64 `json:"on"`      // the highest of each path
	First   [2]uint64 `json:"first"`   // the first of each path; 0: none yet
	Settled uint64    `json:"settled"` // the first number for which a loss is not yet counted
	Seen    [2]bitmap `json:"seen"`
}

// verdict is what a number says about a packet.
type verdict uint8

const (
	fresh     verdict = iota // in order
	reordered                // after a later one of its path
	duplicate                // it has come on this path
)

// begin forgets all, and expects a number next.
func (s *sequence) begin(seq uint16) {
	at := uint64(seq) + 1<<20
	*s = sequence{Begun: true, Most: at - 1, On: [2]uint64{at - 1, at - 1}, Settled: at}
}

// take marks a packet of a path, with a number that is near, and counts in c what is settled because of it.
func (s *sequence) take(seq uint16, path int, c *counts, paths int) verdict {
	n := s.Most + uint64(int64(int16(seq-uint16(s.Most))))
	if n <= s.Most && s.Seen[path].has(n) {
		return duplicate
	}
	for s.Most < n {
		s.Most++
		if s.Settled+span <= s.Most {
			s.settleOne(c, paths)
		}
		s.Seen[0].clear(s.Most)
		s.Seen[1].clear(s.Most)
	}
	s.Seen[path].set(n)
	if first := s.First[path]; first == 0 || n < first {
		s.First[path] = n
	}
	if n < s.On[path] {
		return reordered
	}
	s.On[path] = n
	return fresh
}

// settle counts the losses among all but the newest numbers.
func (s *sequence) settle(newest uint64, c *counts, paths int) {
	for s.Settled+newest <= s.Most {
		s.settleOne(c, paths)
	}
}

// settleOne counts what is lost of a number. A path has lost nothing of what was sent before it was there: sockets open one after the
// other. But if it never brings anything, it has lost all.
func (s *sequence) settleOne(c *counts, paths int) {
	n := s.Settled
	s.Settled++
	came, lost := 0, 0
	for path := range paths {
		switch {
		case s.Seen[path].has(n):
			came++
		case s.First[path] <= n:
			lost++
			c.paths[path].lost.Add(1)
		}
	}
	switch {
	case came == 0:
		c.lost.Add(1)
	case lost > 0:
		c.recovered.Add(1)
	}
}

// near reports whether a number can be one of the sender.
func (s *sequence) near(seq uint16) bool {
	d := int16(seq - uint16(s.Most))
	return !s.Begun || d > -span/2 && d < span/2
}

// twice reports whether a number has come on both paths.
func (s *sequence) twice(seq uint16) bool {
	n := s.Most + uint64(int64(int16(seq-uint16(s.Most))))
	return s.Seen[0].has(n) && s.Seen[1].has(n)
}
