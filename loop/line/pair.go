package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// pair is a line from ring to ring: one program writes, another reads.
//
//	program ─▶ ring ─▶ path ─▶ ring ─▶ program
type pair struct {
	Line
	from supply
	to   delivery
}

// NewPair returns the line of two programs, one at the server end, with the settings of both. It
// allocates, and designs a filter if the rates differ. ErrInvalid: the rates are too far apart.
func NewPair(o Owner, l *Loop, w, r *End, settings ...mixer.Setting) (ln *Line, err error) {
	from, to := w.Format, r.Format
	if w.Server {
		inferPositions(&from, &to)
	} else {
		inferPositions(&to, &from)
	}
	p := &pair{Line: Line{owner: o, loop: l}}
	if p.path, err = newPath(from, to, l.Convert, fadesInPath, settings...); err != nil {
		return nil, err
	}
	p.kind, p.from, p.to = p, newSupply(&p.Line, w, nowhere{}), newDelivery(&p.Line, r, nowhere{})
	return &p.Line, nil
}

func (p *pair) advance(t *tick) Finding { return p.from.advance(t, p) }

func (p *pair) due(t *tick) int { return p.clock.due(t, p.path.rate) }

func (p *pair) move(t *tick, due, avail int, closing bool) Finding {
	have := p.from.producible(avail)
	n, excused := min(due, have), false
	gap := due - n // silence
	p.to.passedBy = p.to.end.Paused.Load()
	if t.lenient && !p.to.passedBy {
		room, err := p.to.roomToCatchUp(t)
		if err != nil {
			return FoundBadReader
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
			return FoundBadReader
		}
		dropped += lost
	}
	if p.heard != nil || p.mixed != nil {
		p.leadSilence(n, gap)
	}
	p.found(p.to.overrun(dropped))
	if p.from.end.Server {
		n = int(p.from.Taken() - before)
	}
	p.loop.Frames.Add(uint64(n))
	p.from.publish(t)
	p.to.publish(t, 0)
	return 0
}

// transfer moves n frames, and returns how many old frames they pushed out of the reader's ring.
func (p *pair) transfer(n int) (dropped int, bad Finding) {
	for n > 0 {
		part := n
		var to1, to2 []byte
		if !p.to.passedBy {
			part = min(part, p.to.Spec().Capacity)
			var lost int
			var err error
			if to1, to2, lost, err = p.to.Reserve(part); err != nil {
				return dropped, FoundBadReader
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
				return dropped, FoundBadWriter
			}
		}
		if !p.to.passedBy {
			p.to.hand(part, to1, to2)
		}
		n -= part
	}
	return dropped, 0
}

// leadSilence leads silence to the outlets where the programs have none of the frames.
func (p *pair) leadSilence(n, gap int) {
	if p.heard != nil && p.to.passedBy {
		p.heard.silence(n + gap)
	}
	if p.mixed != nil {
		p.mixed.silence(int(audio.MulDiv(uint64(gap), uint64(p.path.from.Rate), p.path.rate)))
	}
}

func (p *pair) end() { p.to.endStream() }
