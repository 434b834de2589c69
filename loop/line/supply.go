package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// supply is the end of a line whose program writes.
type supply struct {
	*ring.Source
	line   *Line
	end    *End
	place  place // destination of the frames
	primer int   // frames to be written before the clock starts

	underrunning bool   // in a burst of underruns
	quiet        bool   // running dry is no xrun: the program drained
	marked       bool   // running dry is no xrun: there is an eof mark
	held         int    // frames that hold left out since the drain
	bad          uint64 // bad samples of the converter counted so far
}

// newSupply makes the writing end of a line whose path is known.
func newSupply(ln *Line, w *End, to place) supply {
	ln.Closing.Store(w.Gone)
	w.Flowing.Store(false)
	ln.paceWith(max(1, int(audio.MulDiv(uint64(w.Period), ln.path.rate, uint64(ln.path.from.Rate)))))
	primer := min(w.Period+ln.path.latency(), w.Buffer)
	if w.Routed {
		primer = routeAhead
	}
	return supply{Source: w.Source, line: ln, end: w, place: to, primer: primer}
}

// sender is a kind of line whose program writes.
type sender interface {
	// due returns how many frames became due since the previous cycle.
	due(t *tick) int
	// move moves due frames; the program has avail of its own ready.
	move(t *tick, due, avail int, closing bool) Finding
	// end tells the readers that the stream has ended.
	end()
}

// advance is kind.advance of a sender.
func (s *supply) advance(t *tick, k sender) Finding {
	avail, err := s.available()
	if err != nil {
		return FoundBadWriter
	}
	closing := s.line.Closing.Load()
	if !s.line.clock.anchored {
		s.prime(t, avail, closing)
	} else if due := k.due(t); due > 0 {
		if fatal := k.move(t, due, avail, closing); fatal != 0 {
			return fatal
		}
	}
	// CompareAndSwap, because another drain may begin now.
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

// available returns how many frames the line may take from the program.
func (s *supply) available() (frames int, err error) {
	if frames, err = s.Avail(); frames > 0 {
		s.quiet, s.marked, s.held = false, false, 0
	}
	if s.end.Paused.Load() {
		frames = 0
	}
	return frames, err
}

// prime starts the clock of the line once the program is ready. Until then the anchor is where the
// engine got the line.
func (s *supply) prime(t *tick, avail int, closing bool) {
	waited := audio.MulDiv(t.Position-s.line.clock.anchor, uint64(s.line.path.from.Rate), t.rate)
	if avail >= s.primer || closing || s.end.DrainTo.Load() != 0 || waited >= 2*uint64(s.primer) {
		s.line.clock.start(t)
	}
}

// last reports whether avail frames are the last: the program has closed, or drains them.
func (s *supply) last(avail int) bool {
	return s.line.Closing.Load() || s.end.DrainTo.Load() == s.Taken()+uint64(avail)
}

// producible returns how many frames come out of avail input frames.
func (s *supply) producible(avail int) int {
	if s.line.path.converter != nil && s.last(avail) {
		return s.line.path.yieldLast(avail)
	}
	return s.line.path.yield(avail)
}

// take returns n frames to the program as room.
func (s *supply) take(n int) {
	if m := s.end.watched(); m != nil {
		a, b := s.Peek(n)
		m.measure(a)
		m.measure(b)
	}
	if l := s.line.mixed; l != nil {
		a, b := s.Peek(n)
		l.give(a)
		l.give(b)
	}
	s.Take(n)
}

// convert fills to with frames of the program, which has enough. It returns false if the program's
// position is bad.
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
		if p.converter.Finish(); !p.converter.Holds() { // empty: the rest is silence
			p.to.Encoding.Silence(to)
			break
		}
	}
	s.countBad()
	return true
}

// countBad adds the NaN and infinite samples the converter found since.
func (s *supply) countBad() {
	if bad := s.line.path.converter.Bad(); bad != s.bad {
		s.end.Bad.Add(bad - s.bad)
		s.bad = bad
	}
}

// publish stores the line's progress and delay for control and the program, and rings its bell.
func (s *supply) publish(t *tick) {
	behind := framesBeyond(s.place, s.end, t)
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
