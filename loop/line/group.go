package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
)

// group is a server program of a shared loop and its clients: the server's line, which counts the
// clock, and a bus with a feed or a tap for each running client.
//
//	feed ─▶ ┐                                  ┌ ─▶ tap
//	feed ─▶ bus ─▶ server        server ─▶ bus ─ ─▶ tap
//
// The stream of the server begins with its first client and ends with its last.
type group struct {
	server *Line
	bus    *Bus
	block  int  // frames that the bus has room for
	ended  bool // no client can join any more
}

// NewGroup returns the line of a server of a shared loop, without clients, and its bus, which has
// room for the frames of one period of s. It allocates.
func NewGroup(o Owner, l *Loop, s *Set, server *End, settings ...mixer.Setting) *Line {
	// One format needs no conversion: no error.
	path, _ := newPath(server.Format, server.Format, convert.Options{}, fadesOnBus, settings...)
	// A longer cycle takes several blocks.
	block := max(1, int(audio.MulDiv(uint64(s.basePeriod), path.rate, s.rate)))
	g := &group{bus: &Bus{Bus: mixer.NewBus(server.Format, block), place: nowhere{}}, block: block}
	if server.Source != nil {
		p := &playingServer{Line: Line{owner: o, loop: l, path: path, group: g}, group: g}
		p.kind, p.from = p, newSupply(&p.Line, server, nowhere{})
		g.server = &p.Line
	} else {
		r := &recordingServer{Line: Line{owner: o, loop: l, path: path, group: g}, group: g}
		r.kind, r.to = r, newDelivery(&r.Line, server, nowhere{})
		g.server = &r.Line
	}
	return g.server
}

// NewMember returns the line of a client on the bus of a device. stands gives the positions of the
// bus's channels. Errors as NewPair.
func NewMember(o Owner, l *Loop, client *End, b *Bus, stands audio.Positions,
	settings ...mixer.Setting) (ln *Line, err error) {
	at, f := b.Format(), client.Format
	at.Positions = stands
	inferPositions(&at, &f)
	if client.Source != nil {
		p := &feed{Line: Line{owner: o, loop: l}, to: b}
		if p.path, err = newPath(f, at, l.Convert, fadesOnBus, settings...); err != nil {
			return nil, err
		}
		p.kind, p.from = p, newSupply(&p.Line, client, b)
		return &p.Line, nil
	}
	p := &tap{Line: Line{owner: o, loop: l}, from: b}
	if p.path, err = newPath(at, f, l.Convert, fadesInPath, settings...); err != nil {
		return nil, err
	}
	p.kind, p.to = p, newDelivery(&p.Line, client, b)
	return &p.Line, nil
}

// Join is NewMember for the group of a server's line.
func (server *Line) Join(o Owner, client *End, stands audio.Positions, settings ...mixer.Setting) (*Line, error) {
	ln, err := NewMember(o, server.loop, client, server.group.bus, stands, settings...)
	if err == nil {
		ln.joins = server.group
	}
	return ln, err
}

// Grouped reports whether this is the line of a server that has a group.
func (ln *Line) Grouped() bool { return ln.group != nil }

// playingServer is the line of a server that plays to a group.
type playingServer struct {
	Line
	*group
	from supply
}

func (p *playingServer) advance(t *tick) Finding { return p.from.advance(t, p) }

func (p *playingServer) due(t *tick) int { return p.clock.due(t, p.path.rate) }

func (p *playingServer) move(t *tick, due, avail int, closing bool) Finding {
	n, excused := min(due, avail), false
	gap := due - n
	if t.lenient && p.bus.lines.first != nil {
		n, excused = p.from.catchUp(due, avail, p.room(t), closing)
		gap = 0
	}
	gap = p.from.fill(n, gap, avail, closing, excused)
	before := p.from.Taken()
	p.spread(t, n, gap)
	p.loop.Frames.Add(p.from.Taken() - before)
	p.from.publish(t)
	return 0
}

// spread gives n frames, then silence, to each client.
func (p *playingServer) spread(t *tick, n, silence int) {
	for n > 0 || silence > 0 {
		p.bus.Begin(n)
		if n == 0 {
			p.bus.Begin(silence)
			silence -= p.bus.Frames()
			if p.mixed != nil {
				p.mixed.silence(p.bus.Frames())
			}
		} else {
			from1, from2 := p.from.Peek(p.bus.Frames())
			p.bus.Add(from1, from2, p.path.fader)
			p.from.take(p.bus.Frames())
			n -= p.bus.Frames()
		}
		p.bus.lines.advance(t)
		if p.heard != nil {
			p.leadHeard()
		}
	}
}

// leadHeard leads what is on the bus to the outlet, if a client hears it.
func (p *playingServer) leadHeard() {
	for ln := p.bus.lines.first; ln != nil; ln = ln.next {
		if !ln.kind.(*tap).to.passedBy {
			p.heard.give(p.bus.Bytes())
			return
		}
	}
	p.heard.silence(p.bus.Frames())
}

// room returns how many frames the clients have room for: the least while freewheeling, otherwise
// the most, because a slow client must not hold up the others after the engine was late.
func (p *playingServer) room(t *tick) int {
	least, most := int(^uint(0)>>1), 0
	for ln := p.bus.lines.first; ln != nil; ln = ln.next {
		to := &ln.kind.(*tap).to
		room, err := to.roomToCatchUp(t)
		if err != nil || to.end.Paused.Load() {
			continue // the tap's own turn finds a bad position
		}
		room = int(audio.MulDiv(uint64(room), p.path.rate, ln.path.rate))
		least, most = min(least, room), max(most, room)
	}
	if t.Freewheel {
		return least
	}
	return most
}

func (p *playingServer) end() {
	for ln := p.bus.lines.first; ln != nil; ln = ln.next {
		to := &ln.kind.(*tap).to
		to.emptyConverter()
		to.endStream()
	}
}

// recordingServer is the line of a server that records what a group plays.
type recordingServer struct {
	Line
	*group
	to    delivery
	plain *plainBus // what the clients bring, for an outlet; nil: there is none
}

func (r *recordingServer) advance(t *tick) Finding {
	had := r.bus.lines.first != nil
	due, err := r.due(t, had)
	if err != nil {
		return FoundBadReader
	}
	dropped := 0
	for left := due; ; {
		r.bus.Begin(left)
		r.beginPlain(left)
		r.bus.lines.advance(t)
		if r.bus.aside != nil {
			r.mixed.give(r.bus.aside.Bytes())
		}
		lost, err := r.deliver()
		if err != nil {
			return FoundBadReader
		}
		dropped += lost
		if left -= r.bus.Frames(); left == 0 {
			break
		}
	}
	if !r.clock.anchored {
		anchored := r.begun()
		r.clock.start(t)
		r.clock.anchored = anchored
	}
	r.found(r.to.overrun(dropped))
	r.loop.Frames.Add(uint64(due))
	r.to.publish(t, 0)
	if had && r.bus.lines.first == nil && r.loop.Resets {
		r.ended = true
		r.to.endStream()
	}
	return 0
}

// beginPlain lets the feeds add to a bus without controls, if an outlet wants it.
func (r *recordingServer) beginPlain(frames int) {
	if r.bus.aside = nil; r.mixed != nil && r.mixed.live() {
		r.bus.aside = r.plain
		r.plain.Begin(frames)
	}
}

// due returns how many frames the clients make due in a cycle.
func (r *recordingServer) due(t *tick, had bool) (n int, err error) {
	r.to.passedBy = r.to.end.Paused.Load()
	due := 0
	if r.clock.anchored && (had || r.loop.GoesOn) {
		due = r.clock.due(t, r.path.rate)
	}
	if due <= 0 || !had {
		return due, nil
	}
	for ln := r.bus.lines.first; ln != nil; ln = ln.next {
		n = max(n, ln.kind.(*feed).demand(t, due))
	}
	if t.lenient {
		if !r.to.passedBy {
			room, err := r.to.roomToCatchUp(t)
			if err != nil {
				return 0, err
			}
			n = min(n, room)
		}
		r.loop.Skipped.Add(uint64(due - n))
	}
	return n, nil
}

// begun reports whether the clock of a client has started.
func (r *recordingServer) begun() bool {
	for ln := r.bus.lines.first; ln != nil; ln = ln.next {
		if ln.clock.anchored {
			return true
		}
	}
	return false
}

// deliver gives the server what is on the bus.
func (r *recordingServer) deliver() (dropped int, err error) {
	if r.to.passedBy && r.heard != nil {
		r.heard.silence(r.bus.Frames())
	}
	if r.bus.Frames() == 0 || r.to.passedBy {
		return 0, nil
	}
	r.bus.Apply(r.path.fader)
	return r.to.give(r.bus.Bytes(), r.bus.Frames())
}
