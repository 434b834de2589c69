package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// supply is a program that writes, as the cycle takes frames from it.
type supply struct {
	*ring.Source
	line   *line
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
func newSupply(ln *line, w *End, to place) *supply {
	ln.writer = w
	ln.closing.Store(w.gone)
	w.flowing.Store(false)
	period := max(1, int(audio.MulDiv(uint64(w.period), ln.path.rate, uint64(ln.path.from.Rate))))
	if ln.period == 0 || period < ln.period {
		ln.period = period
	}
	return &supply{Source: w.source, line: ln, end: w, place: to, primer: min(w.period+ln.path.latency(), w.buffer)}
}

// sender is a kind of line on which a program writes.
type sender interface {
	// due returns how many frames have fallen due since the cycle before.
	due(t *tick) int
	// move brings due frames on their way; the program has written avail of its own.
	move(t *tick, due, avail int, closing bool) finding
	// end tells those who read that the stream has ended.
	end()
}

// advance is that of a sender.
func (s *supply) advance(t *tick, k sender) finding {
	avail, err := s.available()
	if err != nil {
		return foundBadWriter
	}
	closing := s.line.closing.Load()
	if !s.line.clock.anchored {
		s.prime(t, avail, closing)
	} else if due := k.due(t); due > 0 {
		if over := k.move(t, due, avail, closing); over != 0 {
			return over
		}
	}
	// Another drain may begin meanwhile: it is not to be lost.
	if to := s.end.drainTo.Load(); s.drained(0) && s.pending() == 0 && s.end.drainTo.CompareAndSwap(to, 0) {
		s.line.found(foundDrain)
	}
	if mark := s.end.markTo.Load(); mark != 0 && s.Taken() >= mark {
		s.line.found(foundMark)
	}
	if closing && s.line.clock.anchored && s.pending() == 0 {
		k.end()
		return foundEnd
	}
	return 0
}

// available returns how many frames the program has for the line.
func (s *supply) available() (frames int, err error) {
	if frames, err = s.Avail(); frames > 0 {
		s.quiet, s.marked, s.held = false, false, 0
	}
	if s.end.paused.Load() {
		frames = 0
	}
	return frames, err
}

// prime starts the clock of the line when the program is ready for it. Until then the anchor is
// where the engine got the line.
func (s *supply) prime(t *tick, avail int, closing bool) {
	waited := audio.MulDiv(t.Position-s.line.clock.anchor, uint64(s.line.path.from.Rate), t.rate)
	if avail >= s.primer || closing || s.end.drainTo.Load() != 0 || waited >= 2*uint64(s.primer) {
		s.line.clock.start(t)
	}
}

// catchUp returns how many of the due frames to move where the engine was late: what there is
// and has room. What is left out is nobody's fault (excused), and of the clock.
func (s *supply) catchUp(due, have, room int, closing bool) (n int, excused bool) {
	n = min(due, have)
	if excused = n < due; excused && !closing && s.end.drainTo.Load() == 0 {
		n = max(0, have-s.line.period) // leave the writer a period to come back in
	}
	n = min(n, room)
	s.line.loop.skipped.Add(uint64(due - n))
	return n, excused
}

// fill returns how much silence follows n frames where gap frames are missing, and counts the
// underrun if that is the program's fault.
func (s *supply) fill(n, gap, avail int, closing, excused bool) int {
	switch {
	case s.end.paused.Load(): // silence, and nobody's fault
		s.underrunning = false
	case closing:
		gap = 0
	case excused: // and a burst that has begun goes on
	default:
		gap -= s.hold(n, gap)
		if mark := s.end.lastMark.Load(); mark != 0 && mark == s.Taken()+uint64(avail) {
			s.marked = true // no more frames are to come for now
		}
		s.line.found(s.underrun(gap))
	}
	if flows := n > 0; flows != s.end.flowing.Load() {
		s.end.flowing.Store(flows)
	}
	return gap
}

// hold returns how much of a gap after n frames to leave out, because the program has drained:
// it is about to close, or to go on with something new.
func (s *supply) hold(n, gap int) int {
	if !s.quiet {
		avail, _ := s.Avail()
		s.quiet = s.drained(min(avail, s.line.path.need(n)))
	}
	if !s.quiet {
		return 0
	}
	held := min(gap, int(s.line.path.rate/2)-s.held)
	s.held += held
	return held
}

// underrun counts silence that the program is to blame for, and returns what is new.
func (s *supply) underrun(frames int) (found finding) {
	if frames == 0 || s.quiet || s.marked {
		s.underrunning = false
		return 0
	}
	burst := !s.underrunning
	s.underrunning = true
	if s.end.countXrun(s.Ring, burst, max(1, audio.MulDiv(uint64(frames), uint64(s.line.path.from.Rate), s.line.path.rate))) {
		found = foundUnderrun
	}
	if burst {
		found |= s.place.xrun()
	}
	return found
}

// last reports whether no frames are to come behind the avail that were written: the program
// has closed, or drains just these.
func (s *supply) last(avail int) bool {
	return s.line.closing.Load() || s.end.drainTo.Load() == s.Taken()+uint64(avail)
}

// makes returns how many frames come out of the avail that were written.
func (s *supply) makes(avail int) int {
	return s.line.path.yield(avail, s.line.path.converter != nil && s.last(avail))
}

// drained reports whether a drain's frames are taken once n more are.
func (s *supply) drained(n int) bool {
	to := s.end.drainTo.Load()
	return to != 0 && s.Taken()+uint64(n) >= to
}

// pending returns how many frames are still to be moved of what was written before the program
// closed, or drained.
func (s *supply) pending() int {
	n, err := s.Avail()
	switch {
	case err != nil:
		return 0
	case !s.line.closing.Load() && n > 0: // it went on writing
		return 0
	}
	return s.line.path.yield(n, true)
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
	in, out := s.end.format.FrameBytes(), p.frameBytes
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
		s.end.bad.Add(bad - s.bad)
		s.bad = bad
	}
}

// publish lets control and the program see how far the line is, and how much is behind the
// ring, and rings its bell.
func (s *supply) publish(t *tick) {
	held := audio.MulDiv(uint64(s.place.delay()), uint64(s.end.format.Rate), t.rate)
	if s.line.path.holds() {
		held += uint64(s.line.path.latency())
	}
	s.SetClock(t.Time)
	s.SetDelay(uint32(held))
	s.end.moved.Store(s.Taken())
	if s.Due() {
		s.end.host.Ring()
	}
}
