package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
)

// State is what a line knows beside its ends and settings: plain data, with which a line that New… or Join has made in
// another process goes on. What a field is, the field of the same name says.
type State struct {
	Over     bool // the engine has it no more, and its owner does not know yet
	Closing  bool
	Findings Finding
	Clock    ClockState
	Path     PathState
	Supply   *SupplyState   // the program that writes; nil: there is none
	Delivery *DeliveryState // the program that reads
	Ended    bool           // of the group that records
	Heard    *LeadState
	Mixed    *LeadState
	Bridge   *BridgeState // of a route
}

// ClockState is the clock of a line.
type ClockState struct {
	Anchored        bool
	Anchor, Counted uint64
}

// PathState is what a path holds.
type PathState struct {
	Fader     mixer.FaderState
	Converter *convert.State // nil: it has none
}

// SupplyState is the writing side of a line.
type SupplyState struct {
	Primer                      int
	Underrunning, Quiet, Marked bool
	Held                        int
	Bad                         uint64
}

// DeliveryState is the reading side of a line.
type DeliveryState struct {
	Overrunning, PassedBy bool
}

// LeadState is the way from a line to an outlet.
type LeadState struct {
	Path   PathState
	Begun  bool
	Source bool // the outlet takes what this one brings
}

// State returns the state of a line, between two cycles. It allocates.
func (ln *Line) State() State {
	s := State{
		Over: ln.list == nil, Closing: ln.Closing.Load(), Findings: Finding(ln.findings.Load()),
		Clock: ClockState{ln.clock.anchored, ln.clock.anchor, ln.clock.counted},
		Path:  ln.path.state(), Heard: ln.heard.state(), Mixed: ln.mixed.state(),
	}
	from, to := ln.sides()
	if from != nil {
		s.Supply = &SupplyState{from.primer, from.underrunning, from.quiet, from.marked, from.held, from.bad}
	}
	if to != nil {
		s.Delivery = &DeliveryState{to.overrunning, to.passedBy}
	}
	switch k := ln.kind.(type) {
	case *recordingServer:
		s.Ended = k.ended
	case *route:
		b := k.bridge.state()
		s.Bridge = &b
	}
	return s
}

// Restore makes a line of the same ends and settings go on from a state. Call it once the engine has the line, between
// two cycles. ErrInvalid: the state is of another line.
func (ln *Line) Restore(s *State) error {
	if !ln.path.restore(&s.Path, ln.loop.Convert) || !ln.heard.restore(s.Heard) || !ln.mixed.restore(s.Mixed) {
		return audio.ErrInvalid.With("the state of a line does not fit: it is of another format")
	}
	from, to := ln.sides()
	if (from != nil) != (s.Supply != nil) || (to != nil) != (s.Delivery != nil) {
		return audio.ErrInvalid.With("the state of a line does not fit: it has other programs")
	}
	if from != nil {
		from.primer, from.underrunning, from.quiet = s.Supply.Primer, s.Supply.Underrunning, s.Supply.Quiet
		from.marked, from.held, from.bad = s.Supply.Marked, s.Supply.Held, s.Supply.Bad
	}
	if to != nil {
		to.overrunning, to.passedBy = s.Delivery.Overrunning, s.Delivery.PassedBy
	}
	switch k := ln.kind.(type) {
	case *recordingServer:
		k.ended = s.Ended
	case *route:
		if s.Bridge == nil || !k.bridge.restore(s.Bridge) {
			return audio.ErrInvalid.With("the state of a route does not fit")
		}
	}
	ln.Closing.Store(s.Closing)
	ln.clock = clock{s.Clock.Anchored, s.Clock.Anchor, s.Clock.Counted}
	if s.Over {
		ln.set.Remove(ln)
	}
	ln.found(s.Findings)
	return nil
}

// sides returns the programs of a line; nil: there is no such one.
func (ln *Line) sides() (from *supply, to *delivery) {
	switch k := ln.kind.(type) {
	case *pair:
		return &k.from, &k.to
	case *feed:
		return &k.from, nil
	case *tap:
		return nil, &k.to
	case *playingServer:
		return &k.from, nil
	case *recordingServer:
		return nil, &k.to
	case *lonePlayer:
		return &k.from, nil
	case *loneRecorder:
		return nil, &k.to
	}
	return nil, nil
}

func (p *path) state() PathState {
	s := PathState{Fader: p.fader.State()}
	if p.converter != nil {
		c := p.converter.State()
		s.Converter = &c
	}
	return s
}

// restore reports whether the state fits.
func (p *path) restore(s *PathState, o convert.Options) bool {
	if s.Converter != nil && p.converter == nil {
		p.converter = p.converterForFader(o)
	}
	return (p.converter != nil) == (s.Converter != nil) && p.fader.Restore(s.Fader) &&
		(s.Converter == nil || p.converter.Restore(*s.Converter))
}

func (l *lead) state() *LeadState {
	if l == nil {
		return nil
	}
	return &LeadState{Path: l.path.state(), Begun: l.begun, Source: l.to.source == l}
}

func (l *lead) restore(s *LeadState) bool {
	if l == nil || s == nil {
		return l == nil && s == nil
	}
	l.begun = s.Begun
	if s.Source {
		l.to.source = l
	} else if l.to.source == l {
		l.to.source = nil
	}
	return l.path.restore(&s.Path, l.to.loop.Convert)
}
