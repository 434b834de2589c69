package line

import "github.com/loopbridge/loopbridge/audio"

// What is here is done between two cycles.

// Add takes a line on, from a device position on. A member of a group whose stream has ended
// comes too late, which is found.
func (s *Set) Add(ln *Line, position uint64) {
	ln.set = s
	if g := ln.joins; g != nil {
		if g.server.list == nil || g.ended {
			ln.found(FoundTooLate)
			return
		}
		if g.bus.lines.first == nil && !ln.loop.GoesOn {
			g.server.clock.anchored = false // its clock begins with this client
		}
	}
	ln.clock.anchor = position
	s.listOf(ln).push(ln)
	s.count, s.moved = s.count+1, true
}

// listOf is where a line belongs.
func (s *Set) listOf(ln *Line) *list {
	switch k := ln.kind.(type) {
	case *feed:
		return &k.to.lines
	case *tap:
		return &k.from.lines
	}
	return &s.lines
}

// Remove takes a line away, if it is there.
func (s *Set) Remove(ln *Line) {
	if ln.list != nil {
		ln.list.remove(ln)
		s.count, s.moved = s.count-1, true
	}
}

// Refuse finds that the device of a line, which was not added, is dead.
func (s *Set) Refuse(ln *Line) {
	ln.set = s
	ln.found(FoundDeadDevice)
}

// Drop removes all lines, as their device is dead.
func (s *Set) Drop() {
	for _, l := range s.lists() {
		s.drop(l)
	}
}

func (s *Set) drop(l *list) {
	for ln := l.first; ln != nil; ln = l.first {
		s.drop(ln.members())
		s.Remove(ln)
		ln.found(FoundDeadDevice)
	}
}

// lists are all that a cycle advances.
func (s *Set) lists() [3]*list {
	return [...]*list{&s.Recorded.lines, &s.lines, &s.Played.lines}
}

// Pace returns the smallest period that a session wants, in frames of the device, and no more
// than the configured one.
func (s *Set) Pace() (period int) {
	period = s.usual
	for _, l := range s.lists() {
		for ln := l.first; ln != nil; ln = ln.next {
			period = min(period, ln.pace(s.rate))
			for member := ln.members().first; member != nil; member = member.next {
				period = min(period, member.pace(s.rate))
			}
		}
	}
	return period
}

// Changed reports whether lines have come or gone since it was called before, so that Pace may
// return something else.
func (s *Set) Changed() bool {
	changed := s.moved
	s.moved = false
	return changed
}

// members are the lines that come and go with the clients of a group's server.
func (ln *Line) members() *list {
	if ln.group == nil {
		return &list{}
	}
	return &ln.group.bus.lines
}

// pace is the period of a line in frames of the device.
func (ln *Line) pace(rate uint64) int {
	return max(1, int(audio.MulDiv(uint64(ln.period), rate, ln.path.rate)))
}
