package line

import (
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/servo"
)

// SetState is what a Set knows of the clock of its device.
type SetState struct {
	Clock          servo.ClockState
	Estimate       servo.Estimate
	Applied, Meant float64 // as Steer has set them; 0: never
}

// State returns the state of the clock, between two cycles.
func (s *Set) State() SetState {
	v := SetState{Clock: s.clock.State(), Estimate: s.estimate}
	if now := s.steering.Load(); now != nil {
		v.Applied, v.Meant = now.applied, now.meant
	}
	return v
}

// Restore makes the clock go on from a state.
func (s *Set) Restore(v *SetState) {
	s.clock, s.estimate = servo.RestoreClock(v.Clock), v.Estimate
	if v.Estimate.Started {
		s.Clock.Store(&s.estimate)
	}
	if v.Applied != 0 {
		s.steered = &steering{v.Applied, v.Meant}
		s.steering.Store(s.steered)
	}
}

// Order returns all lines in the order in which a cycle advances those of each list, the members of a group after their
// server.
func (s *Set) Order() (all []*Line) {
	for _, l := range s.lists() {
		for ln := l.first; ln != nil; ln = ln.next {
			all = append(all, ln)
			for m := ln.members().first; m != nil; m = m.next {
				all = append(all, m)
			}
		}
	}
	return all
}

// Arrange puts the lines that the set has into an order that Order returned. Those that are not in it come last.
func (s *Set) Arrange(order []*Line) {
	for _, ln := range slices.Backward(order) {
		if ln.list != nil {
			l := ln.list
			l.remove(ln)
			l.push(ln)
		}
	}
}

// OutletState is what waits on the bus of an outlet.
type OutletState struct {
	Clock  ClockState
	Frames []byte // that the taps have not yet had
	Behind int
}

// State returns the state of an outlet, between two cycles; nil: nobody taps it.
func (o *Outlet) State() *OutletState {
	if o.list == nil {
		return nil
	}
	return &OutletState{
		Clock: ClockState{o.clock.anchored, o.clock.anchor, o.clock.counted}, Behind: o.behind,
		Frames: slices.Clone(o.bus.Fill()[:o.filled*o.path.frameBytes]),
	}
}

// Restore makes an outlet that is tapped go on from a state. ErrInvalid: it does not fit.
func (o *Outlet) Restore(s *OutletState) error {
	n := len(s.Frames) / o.path.frameBytes
	if o.list == nil || n > o.most || len(s.Frames)%o.path.frameBytes != 0 {
		return audio.ErrInvalid.With("the state of a tap does not fit")
	}
	o.clock = clock{s.Clock.Anchored, s.Clock.Anchor, s.Clock.Counted}
	o.behind, o.filled = s.Behind, n
	copy(o.bus.Fill(), s.Frames)
	return nil
}
