package loop

import "github.com/loopbridge/loopbridge/loop/pcm"

// pair is a line from ring to ring: what one program writes, another one reads.
//
//	program ─▶ ring ─▶ path ─▶ ring ─▶ program
type pair struct {
	*line
	from *supply
	to   *delivery
}

func (p *pair) advance(t *tick) finding { return p.from.advance(t, p) }

func (p *pair) due(t *tick) int { return p.clock.due(t, p.path.rate) }

func (p *pair) move(t *tick, due, avail int, closing bool) finding {
	have := p.from.makes(avail)
	n, excused := min(due, have), false
	gap := due - n // silence
	p.to.passedBy = p.to.end.paused.Load()
	if t.lenient && !p.to.passedBy {
		room, err := p.to.Room()
		if err != nil {
			return foundBadReader
		}
		n, excused = p.from.catchUp(due, have, room, closing)
		gap = 0
	}
	gap = p.from.fill(n, gap, avail, closing, excused)
	before := p.from.Taken()
	dropped, bad := p.transfer(n)
	if bad != 0 {
		return bad
	}
	if !p.to.passedBy {
		lost, err := p.to.giveSilence(gap)
		if err != nil {
			return foundBadReader
		}
		dropped += lost
	}
	p.found(p.to.overrun(dropped))
	if p.writer.role == pcm.Server {
		n = int(p.from.Taken() - before)
	}
	p.loop.frames.Add(uint64(n))
	p.from.publish(t)
	p.to.publish(t, 0)
	return 0
}

// transfer moves n frames, and returns how many old ones that pushed out of the reader's ring.
func (p *pair) transfer(n int) (dropped int, bad finding) {
	for n > 0 {
		part := n
		var to1, to2 []byte
		if !p.to.passedBy {
			part = min(part, p.to.Spec().Capacity)
			var lost int
			var err error
			if to1, to2, lost, err = p.to.Reserve(part); err != nil {
				return dropped, foundBadReader
			}
			dropped += lost
		}
		if p.path.converter == nil {
			from1, from2 := p.from.Peek(part)
			copyPieces(to1, to2, from1, from2)
			p.from.take(part)
		} else {
			if to1 == nil {
				to1 = p.path.converter.Waste(part)
				part = len(to1) / p.path.frameBytes
			}
			if !p.from.convert(to1) || !p.from.convert(to2) {
				return dropped, foundBadWriter
			}
		}
		if !p.to.passedBy {
			p.to.hand(part, to1, to2)
		}
		n -= part
	}
	return dropped, 0
}

func (p *pair) end() { p.to.finish() }
