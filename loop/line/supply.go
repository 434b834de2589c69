package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// supply is a program that writes, as the cycle takes frames from it.
type supply struct {
	*ring.Source
	line   *Line
	end    *End
	place  place // where its frames go
	primer int   // frames that it has to have written before the clock counts

	underrunning bool   // in a burst
	quiet        bool   // running dry is expected: it was drained (D21)
	marked       bool   // as well: it has an eof mark
	held         int    // frames that the clock has stood still since then
	bad          uint64 // of the converter, as far as counted
}

// newSupply is the end of a line that its program writes, after the path is known.
func newSupply(ln *Line, w *End, to place) *supply {
	ln.Closing.Store(w.Gone)
	w.Flowing.Store(false)
	period := max(1, int(audio.MulDiv(uint64(w.Period), ln.path.rate, uint64(ln.path.from.Rate))))
	if ln.period == 0 || period < ln.period {
		ln.period = period
	}
	return &supply{Source: w.Source, line: ln, end: w, place: to, primer: min(w.Period+ln.path.latency(), w.Buffer)}
}

// sender is a kind of line on which a program writes.
type sender interface {
	// due returns how many frames have fallen due since the cycle before.
	due(t *tick) int
	// move brings due frames on their way; the program has written avail of its own.
	move(t *tick, due, avail int, closing bool) Finding
	// end tells those who read that the stream has ended.
	end()
}

// advance is that of a sender.
func (s *supply) advance(t *tick, k sender) Finding {
	avail, err := s.available()
	if err != nil {
		return FoundBadWriter
	}
	closing := s.line.Closing.Load()
	if !s.line.clock.anchored {
		s.prime(t, avail, closing)
	} else if due := k.due(t); due > 0 {
		if over := k.move(t, due, avail, closing); over != 0 {
			return over
		}
	}
	// Another drain may begin meanwhile: it is not to be lost.
	if to := s.end.DrainTo.Load(); s.drained(0) && s.pending() == 0 && s.end.DrainTo.CompareAndSwap(to, 0) {
		s.line.found(FoundDrain)
	}
	if mark := s.end.MarkTo.Load(); mark != 0 && s.Taken() >= mark {
		s.line.found(FoundMark)
	}
	if closing && s.line.clock.anchored && s.pending() == 0 {
		k.end()
		return FoundEnd
	}
	return 0
}

// available returns how many frames the program has for the line.
func (s *supply) available() (frames int, err error) {
	if frames, err = s.Avail(); frames > 0 {
		s.quiet, s.marked, s.held = false, false, 0
	}
	if s.end.Paused.Load() {
		frames = 0
	}
	return frames, err
}

// prime starts the clock of the line when the program is ready for it. Until then the anchor is
// where the engine got the line.
func (s *supply) prime(t *tick, avail int, closing bool) {
	waited := audio.MulDiv(t.Position-s.line.clock.anchor, uint64(s.line.path.from.Rate), t.rate)
	if avail >= s.primer || closing || s.end.DrainTo.Load() != 0 || waited >= 2*uint64(s.primer) {
		s.line.clock.start(t)
	}
}

// last reports whether no frames are to come behind the avail that were written: the program
// has closed, or drains just these.
func (s *supply) last(avail int) bool {
	return s.line.Closing.Load() || s.end.DrainTo.Load() == s.Taken()+uint64(avail)
}

// makes returns how many frames come out of the avail that were written.
func (s *supply) makes(avail int) int {
	return s.line.path.yield(avail, s.line.path.converter != nil && s.last(avail))
}

// take gives n frames back to the program as room.
func (s *supply) take(n int) {
	if m := s.end.watched(); m != nil {
		a, b := s.Peek(n)
		m.measure(a)
		m.measure(b)
	}
	s.Take(n)
}

// convert fills to with frames of the program, which suffice. false: it lies about its
// position.
func (s *supply) convert(to []byte) bool {
	p := &s.line.path
	in, out := s.end.Format.FrameBytes(), p.frameBytes
	for len(to) > 0 {
		avail, err := s.Avail()
		if err != nil {
			return false
		}
		from1, from2 := s.Peek(avail)
		given, taken := p.converter.Convert(to, from1)
		to = to[given*out:]
		if taken*in == len(from1) {
			g, t := p.converter.Convert(to, from2)
			to = to[g*out:]
			given, taken = given+g, taken+t
		}
		s.take(taken)
		if given > 0 || taken > 0 {
			continue
		}
		if p.converter.Finish(); !p.converter.Holds() { // only what was counted is asked for
			p.to.Encoding.Silence(to)
			break
		}
	}
	s.countBad()
	return true
}

// countBad counts samples that were no numbers, as the converter has found since.
func (s *supply) countBad() {
	if bad := s.line.path.converter.Bad(); bad != s.bad {
		s.end.Bad.Add(bad - s.bad)
		s.bad = bad
	}
}

// publish lets control and the program see how far the line is, and how much is behind the
// ring, and rings its bell.
func (s *supply) publish(t *tick) {
	behind := held(s.place, s.end, t)
	if s.line.path.holds() {
		behind += uint64(s.line.path.latency())
	}
	s.SetClock(t.Time)
	s.SetDelay(uint32(behind))
	s.end.Moved.Store(s.Taken())
	if s.Due() {
		s.end.Bell.Ring()
	}
}
