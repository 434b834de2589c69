package line

import "github.com/loopbridge/loopbridge/audio"

// What happens when a program has fewer frames than are due.

// catchUp returns how many of the due frames to move after the engine was late: what the program
// has and room allows. The others are left out of the clock. excused: the program has too few,
// through no fault of its own.
func (s *supply) catchUp(due, have, room int, closing bool) (n int, excused bool) {
	n = min(due, have)
	if excused = n < due; excused && !closing && s.end.DrainTo.Load() == 0 {
		n = max(0, have-s.line.period) // leave the writer a period to catch up
	}
	n = min(n, room)
	s.line.loop.Skipped.Add(uint64(due - n))
	return n, excused
}

// noExcuse is an argument of fill: what is missing counts as an underrun.
const noExcuse = false

// fill returns how much silence follows n frames where gap frames are missing, and counts an
// underrun if the program caused it.
func (s *supply) fill(n, gap, avail int, closing, excused bool) int {
	switch {
	case s.end.Paused.Load(): // silence, but no underrun
		s.underrunning = false
	case closing:
		gap = 0
	case excused: // a burst goes on
	default:
		gap -= s.hold(n, gap)
		if mark := s.end.LastMark.Load(); mark != 0 && mark == s.Taken()+uint64(avail) {
			s.marked = true // the program expects to run dry
		}
		s.line.found(s.underrun(gap))
	}
	if flows := n > 0; flows != s.end.Flowing.Load() {
		s.end.Flowing.Store(flows)
	}
	return gap
}

// hold returns how much of a gap after n frames to leave out of the clock, because the program has
// drained and will soon close or go on.
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

// underrun counts silence the program caused; 0 ends a burst. It returns what is new.
func (s *supply) underrun(frames int) (found Finding) {
	if frames == 0 || s.quiet || s.marked {
		s.underrunning = false
		return 0
	}
	burst := !s.underrunning
	s.underrunning = true
	if s.end.countXrun(burst, max(1, audio.MulDiv(uint64(frames), uint64(s.line.path.from.Rate), s.line.path.rate))) {
		found = FoundUnderrun
	}
	if burst {
		found |= s.place.xrun()
	}
	return found
}

// drained reports whether a drain is complete once n more frames are taken.
func (s *supply) drained(n int) bool {
	to := s.end.DrainTo.Load()
	return to != 0 && s.Taken()+uint64(n) >= to
}

// pending returns how many frames are still to be moved for a program that has closed or drained.
func (s *supply) pending() int {
	n, err := s.Avail()
	switch {
	case err != nil:
		return 0
	case !s.line.Closing.Load() && n > 0: // it writes on
		return 0
	}
	return s.line.path.yieldLast(n)
}
