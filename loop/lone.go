package loop

import "github.com/loopbridge/loopbridge/loop/pcm"

// Under the policy silence a server goes on without a client.

// lonePlayer is a line of a program that plays to nobody.
type lonePlayer struct {
	*line
	from *supply
}

func (p *lonePlayer) advance(t *tick) finding { return p.from.advance(t, p) }

func (p *lonePlayer) due(t *tick) int { return p.clock.due(t, p.path.rate) }

func (p *lonePlayer) move(t *tick, due, avail int, closing bool) finding {
	n := min(due, avail)
	p.from.fill(n, due-n, avail, closing, false)
	p.from.take(n)
	p.loop.frames.Add(uint64(n))
	p.from.publish(t)
	return 0
}

func (p *lonePlayer) end() {}

// loneRecorder is a line of a program that records silence.
type loneRecorder struct {
	*line
	to *delivery
}

func (r *loneRecorder) advance(t *tick) finding {
	if !r.clock.anchored {
		r.clock.start(t)
		return 0
	}
	due := r.clock.due(t, r.path.rate)
	if due <= 0 {
		return 0
	}
	r.to.passedBy = r.to.end.paused.Load()
	dropped := 0
	if !r.to.passedBy {
		if t.Freewheel { // silence waits for the reader, too
			room, err := r.to.Room()
			if err != nil {
				return foundBadReader
			}
			due = min(due, room)
		}
		var err error
		if dropped, err = r.to.giveSilence(due); err != nil {
			return foundBadReader
		}
	}
	r.found(r.to.overrun(dropped))
	r.to.publish(t, 0)
	return 0
}

// newLone is the line of a server without a client.
func newLone(l *Loop, s *End) *line {
	ln := &line{loop: l}
	ln.path, _ = newPath(s.format, s.format, l.spec.Convert, fadesNot, s.settings()...) // one format needs no conversion
	if s.dir == pcm.Write {
		ln.kind = &lonePlayer{ln, newSupply(ln, s, nowhere{})}
	} else {
		ln.kind = &loneRecorder{ln, newDelivery(ln, s, nowhere{})}
	}
	return ln
}
