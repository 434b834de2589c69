package loop

import (
	"github.com/loopbridge/loopbridge/audio"
)

// A shared loop whose server is a program has a hub: the line of the server, with a
// mixbus and a tap for each client that runs (D4). The hub counts the clock. The taps are
// as those of a device: what they write is added up for a server that reads, and what a
// server writes goes to each of them.
//
//	tap ─▶ ┐                                     ┌ ─▶ tap
//	tap ─▶ mixbus ─▶ server     server ─▶ mixbus ─ ─▶ tap
//
// The stream of the server begins with its first client and ends with its last.
type hub struct {
	bus  *mixbus
	taps *line // the first of them
	over bool  // the stream of the server has ended: too late to join
}

// newHub makes the line of a server of a shared loop, for no clients yet.
func newHub(l *Loop, s *End) *line {
	w, r := s.ends(nil)
	ln, _ := newLine(l, w, r, nil) // one end alone needs no conversion
	ln.alone = false
	block := audio.MulDiv(uint64(l.engine.usual), ln.rate, l.engine.rate) // longer cycles go in several
	ln.hub = &hub{bus: newMixbus(s.format, max(1, int(block)))}
	return ln
}

// firstTap is nil for what is no hub.
func (ln *line) firstTap() *line {
	if ln.hub == nil {
		return nil
	}
	return ln.hub.taps
}

// gather is advance for a server that reads what its clients write.
func (ln *line) gather(c *clockwork) (over uint32) {
	h := ln.hub
	had := h.taps != nil
	due, dropped := 0, 0
	if ln.anchored && (had || ln.loop.spec.OnClientClose == Silence) {
		due = ln.falls(c)
	}
	ln.deaf = ln.reader.paused.Load()
	if due > 0 && had {
		n, err := ln.demanded(c, due)
		if err != nil {
			return foundBadReader
		}
		if c.lenient {
			ln.loop.skipped.Add(uint64(due - n))
		}
		due = n
	}
	for left := due; ; {
		h.bus.begin(left)
		ln.taps(c)
		if h.bus.frames > 0 {
			lost, err := ln.deliver()
			if err != nil {
				return foundBadReader
			}
			dropped += lost
		}
		if left -= h.bus.frames; left == 0 {
			break
		}
	}
	if !ln.anchored {
		ln.anchored = h.primed()
		ln.anchor, ln.due = c.tick.Position, 0
	}
	ln.found(ln.overrun(dropped))
	ln.publish(c, due)
	if had && h.taps == nil && ln.loop.spec.OnClientClose == Reset {
		h.over = true
		ln.endSink()
	}
	return 0
}

// demanded is how many of the due frames there are to be, because of the clients: silence
// only fills up what one lacks.
func (ln *line) demanded(c *clockwork, due int) (n int, err error) {
	for t := ln.hub.taps; t != nil; t = t.next {
		n = max(n, t.demand(c, due))
	}
	if c.lenient && !ln.deaf {
		var room int
		if room, err = ln.sink.Room(); err == nil {
			n = min(n, room)
		}
	}
	return n, err
}

// demand is what a tap wants there to be of the due frames.
func (ln *line) demand(c *clockwork, due int) int {
	avail, err := ln.available()
	if err != nil || !ln.anchored {
		return 0 // a tap that lies is found out in its turn
	}
	n := min(due, ln.makes(avail))
	switch {
	case n == due, ln.writer.paused.Load():
		return due
	case ln.last(avail), ln.closing.Load():
		return n
	case c.lenient:
		return max(0, n-ln.period) // leave the writer a period to come back in
	}
	return due - ln.hold(n, due-n)
}

// taps gives each tap its part of a block.
func (ln *line) taps(c *clockwork) {
	for t := ln.hub.taps; t != nil; {
		next := t.next // t may leave the list
		if over := t.advance(c); over != 0 {
			ln.loop.engine.unlist(t)
			t.found(over)
		}
		t = next
	}
}

// primed reports whether a client has begun.
func (h *hub) primed() bool {
	for t := h.taps; t != nil; t = t.next {
		if t.anchored {
			return true
		}
	}
	return false
}

// deliver gives the server what is on the bus.
func (ln *line) deliver() (dropped int, err error) {
	if ln.deaf {
		return 0, nil
	}
	frames := ln.hub.bus.faded(ln.fader)
	return ln.give(frames, ln.hub.bus.frames)
}

// spread is transfer for a server that writes: n frames of it and then silence go to each
// client.
func (ln *line) spread(c *clockwork, n, silence int) (taken int) {
	bus, before := ln.hub.bus, ln.source.Taken()
	for n > 0 || silence > 0 {
		bus.begin(n)
		if n == 0 {
			bus.begin(silence)
			silence -= bus.frames
		} else {
			from1, from2 := ln.source.Peek(bus.frames)
			bus.addRaw(from1, from2, ln.fader)
			ln.take(bus.frames)
			n -= bus.frames
		}
		bus.finish()
		ln.taps(c)
	}
	return int(ln.source.Taken() - before)
}

// room is how many frames the reader has room for; with several it is the one with the
// least, but when the engine is late a slow one must not hold up the others.
func (ln *line) room(freewheel bool) (int, error) {
	if ln.hub == nil {
		return ln.sink.Room()
	}
	least, most := int(^uint(0)>>1), 0
	for t := ln.hub.taps; t != nil; t = t.next {
		room, err := t.sink.Room()
		if err != nil || t.reader.paused.Load() {
			continue // a tap that lies is found out in its turn
		}
		room = int(audio.MulDiv(uint64(room), ln.rate, t.rate))
		least, most = min(least, room), max(most, room)
	}
	if freewheel {
		return least, nil
	}
	return most, nil
}
