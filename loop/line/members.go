package line

import "github.com/loopbridge/loopbridge/audio"

// The engine's goroutine calls what is in this file between two cycles.

// Add adds a line at a device position. It finds FoundTooLate for a member of a group whose stream
// has ended.
func (s *Set) Add(ln *Line, position uint64) {
	ln.set = s
	if g := ln.joins; g != nil {
		if g.server.list == nil || g.ended {
			ln.found(FoundTooLate)
			return
		}
		if g.bus.lines.first == nil && !ln.loop.GoesOn {
			g.server.clock.anchored = false // the clock starts with this client
		}
	}
	ln.clock.anchor = position
	s.listOf(ln).push(ln)
	s.count, s.changed = s.count+1, true
	ln.leads(func(l *lead) { l.to.source = l })
	if o := ln.outlet(); o != nil && o.list == nil {
		o.begin()
		s.Add(&o.Line, position)
	}
}

// outlet returns the outlet that a line taps, or nil.
func (ln *Line) outlet() *Outlet {
	if k, ok := ln.kind.(*tap); ok {
		return k.from.outlet
	}
	return nil
}

// refile puts a line that the engine has on the list it now belongs to.
func (s *Set) refile(ln *Line) {
	if to := s.listOf(ln); to != ln.list {
		ln.list.remove(ln)
		to.push(ln)
	}
}

// listOf returns the list a line belongs to.
func (s *Set) listOf(ln *Line) *list {
	switch k := ln.kind.(type) {
	case *feed:
		return &k.to.lines
	case *tap:
		return &k.from.lines
	case *route:
		return &s.routes
	case *Outlet:
		return &s.outlets
	case *pair:
		tapped := k.to.end.Routed || k.heard != nil || k.mixed != nil
		if tapped && !k.from.end.Routed {
			return &s.sources
		}
	case *playingServer:
		if !k.from.end.Routed { // a client may be a route
			return &s.sources
		}
	case *recordingServer:
		if k.to.end.Routed {
			return &s.sources
		}
	}
	return &s.lines
}

// Remove removes a line, if the engine still has it.
func (s *Set) Remove(ln *Line) {
	if ln.list != nil {
		ln.list.remove(ln)
		s.count, s.changed = s.count-1, true
		ln.leads((*lead).finish)
		if o := ln.outlet(); o != nil && o.bus.lines.first == nil {
			s.Remove(&o.Line)
		}
	}
}

// Refuse finds FoundDeadDevice for a line that was not added.
func (s *Set) Refuse(ln *Line) {
	ln.set = s
	ln.found(FoundDeadDevice)
}

// Drop removes all lines because the device failed.
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

// lists returns all lists a cycle advances.
func (s *Set) lists() [8]*list {
	return [...]*list{
		&s.Recorded.lines, &s.sources, &s.outlets, &s.routes, &s.lines, &s.Played.lines, &s.Mixed.lines, &s.Heard.lines,
	}
}

// Pace returns the smallest period of any line, in frames of the device, or the configured one if
// that is smaller.
func (s *Set) Pace() (period int) {
	period = s.basePeriod
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

// Changed reports whether lines came or went since the previous call, so that Pace may differ.
func (s *Set) Changed() bool {
	changed := s.changed
	s.changed = false
	return changed
}

// members returns the lines in the group of a server's line.
func (ln *Line) members() *list {
	if ln.group == nil {
		return &list{}
	}
	return &ln.group.bus.lines
}

// paceWith takes the period of an end, in output frames, into account.
func (ln *Line) paceWith(period int) {
	if ln.period == 0 || period < ln.period {
		ln.period = period
	}
}

// pace returns the period of a line in frames of the device.
func (ln *Line) pace(rate uint64) int {
	return max(1, int(audio.MulDiv(uint64(ln.period), rate, ln.path.rate)))
}
