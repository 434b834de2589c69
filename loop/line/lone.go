package line

import (
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
)

// With on_client_close = "silence" a server runs on without a client.

// lonePlayer is a line whose program plays to no client.
type lonePlayer struct {
	Line
	from supply
}

func (p *lonePlayer) advance(t *tick) Finding { return p.from.advance(t, p) }

func (p *lonePlayer) due(t *tick) int { return p.clock.due(t, p.path.rate) }

func (p *lonePlayer) move(t *tick, due, avail int, closing bool) Finding {
	n := min(due, avail)
	gap := p.from.fill(n, due-n, avail, closing, noExcuse)
	p.from.take(n)
	if p.mixed != nil {
		p.mixed.silence(gap)
	}
	p.loop.Frames.Add(uint64(n))
	p.from.publish(t)
	return 0
}

func (p *lonePlayer) end() {}

// loneRecorder is a line whose program records silence.
type loneRecorder struct {
	Line
	to delivery
}

func (r *loneRecorder) advance(t *tick) Finding {
	if !r.clock.anchored {
		r.clock.start(t)
		return 0
	}
	due := r.clock.due(t, r.path.rate)
	if due <= 0 {
		return 0
	}
	r.to.passedBy = r.to.end.Paused.Load()
	dropped := 0
	if !r.to.passedBy {
		if t.Freewheel { // even silence waits for the reader
			room, err := r.to.Room()
			if err != nil {
				return FoundBadReader
			}
			due = min(due, room)
		}
		var err error
		if dropped, err = r.to.giveSilence(due); err != nil {
			return FoundBadReader
		}
	}
	r.found(r.to.overrun(dropped))
	r.to.publish(t, 0)
	return 0
}

// NewLone returns the line of a server without a client. It allocates.
func NewLone(o Owner, l *Loop, server *End, settings ...mixer.Setting) *Line {
	// One format needs no conversion: no error.
	path, _ := newPath(server.Format, server.Format, convert.Options{}, fadesNot, settings...)
	if server.Source != nil {
		p := &lonePlayer{Line: Line{owner: o, loop: l, path: path}}
		p.kind, p.from = p, newSupply(&p.Line, server, nowhere{})
		return &p.Line
	}
	r := &loneRecorder{Line: Line{owner: o, loop: l, path: path}}
	r.kind, r.to = r, newDelivery(&r.Line, server, nowhere{})
	return &r.Line
}

// Alone reports whether this is the line of a server without a client.
func (ln *Line) Alone() bool {
	switch ln.kind.(type) {
	case *lonePlayer, *loneRecorder:
		return true
	}
	return false
}
