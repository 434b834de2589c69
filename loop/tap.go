package loop

import (
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// A loop between programs is tapped at its outlets (see line.Outlet), which are made when somebody first asks for
// them, and from then on stay with the loop. Each session leads there what it moves.

// tap returns the loop that reads an outlet of l, or nil if l has none of this name.
func (l *Loop) tap(name string) *Loop {
	stage := line.Heard
	switch {
	case l.deviceBus != nil: // the device has taps
		return nil
	case name == "mix":
		stage = line.Mixed
	case name != "heard":
		return nil
	}
	s := newSide()
	s.Name, s.Format, s.tap = l.spec.Name+"/"+name, l.spec.Format, true
	o := line.NewOutlet(s.Format, s.Convert, l.engine.lines, stage)
	t := newLoop(l.bay, l.engine, s, o.Bus())
	t.tapped, t.outlet = l, o
	return t
}

// lead lets all sessions lead to an outlet, from now on. No Loop.mu may be held.
func (l *Loop) lead(o *line.Outlet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.outlets, o) {
		return
	}
	l.outlets = append(l.outlets, o)
	for _, s := range l.sessionsLocked() {
		if begin := l.leadLocked(s, o); begin != nil {
			l.engine.do(begin)
		}
	}
}

// leadLocked returns what lets a session lead to an outlet, or nil; see line.Outlet.Lead.
func (l *Loop) leadLocked(s *session, o *line.Outlet) (begin func()) {
	return o.Lead(s.Line, l.settings[pcm.Client].settingLocked(audio.Record))
}

// sessionsLocked returns the sessions that run now, but for members of groups.
func (l *Loop) sessionsLocked() (all []*session) {
	for _, e := range append([]*End{l.server}, l.clients...) {
		if e == nil || e.session == nil {
			continue
		}
		s := e.session
		if s.joins != nil {
			s = s.joins
		}
		if !s.unlinked && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// refadeTapsLocked returns what gives the settings of the client end to the outlets of servers that play to groups.
func (l *Loop) refadeTapsLocked() (all []func()) {
	if len(l.outlets) == 0 {
		return nil
	}
	for _, s := range l.sessionsLocked() {
		if change := s.FadeHeard(l.settings[pcm.Client].settingLocked(audio.Record)); change != nil {
			all = append(all, change)
		}
	}
	return all
}

// dropTapsLocked forgets the taps of a loop, and returns them.
func (b *Patchbay) dropTapsLocked(l *Loop) (taps []*Loop) {
	for name, t := range b.sides {
		if t.tapped == l {
			taps = append(taps, t)
			delete(b.sides, name)
		}
	}
	return taps
}
