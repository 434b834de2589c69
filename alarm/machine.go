package alarm

import (
	"slices"
	"time"
)

// State is where an alarm is.
type State string

// The states; the package comment draws them.
const (
	OK           State = "ok"
	Pending      State = "pending"
	Raised       State = "raised"
	Acknowledged State = "acknowledged"
	Clearing     State = "clearing"
)

// On reports whether the alarm was raised and is not over.
func (s State) On() bool { return s == Raised || s == Acknowledged || s == Clearing }

func (s State) known() bool { return s == OK || s == Pending || s.On() }

const (
	// FlapRaises within FlapTime make an alarm flap.
	FlapRaises = 5
	// FlapTime is also for how long a flapping alarm must be calm to be over.
	FlapTime = 10 * time.Minute
)

// machine moves an alarm from state to state. It knows times, but no clock.
type machine struct {
	state    State
	acked    bool            // somebody knows of it, also while it clears
	held     time.Duration   // for how long the condition holds
	calm     time.Duration   // for how long it has not held for its time
	raises   []time.Duration // when it was raised within FlapTime
	flapping bool
}

// step is what a machine did that others are to know.
type step uint8

const (
	nothing step = iota
	rose
	cleared
)

// advance lets a time d pass, all of which the condition held, or did not. now is on the clock of flapping.
func (m *machine) advance(s *Spec, holds bool, d, now time.Duration) step {
	if holds {
		m.held += d
	} else {
		m.held = 0
	}
	long := holds && m.held >= s.For
	if m.calm += d; long {
		m.calm = 0
	}
	switch {
	case !m.state.On() && long:
		m.rise(now)
		return rose
	case !m.state.On() && holds:
		m.state = Pending
	case !m.state.On():
		m.state = OK
	case long:
		m.state = m.known()
	case m.state != Clearing && !holds:
		m.state, m.calm = Clearing, d
	}
	if m.state == Clearing && m.calm >= m.clearTime(s) {
		m.settle(holds)
		return cleared
	}
	return nothing
}

// rise raises the alarm.
func (m *machine) rise(now time.Duration) {
	m.state, m.acked, m.calm = Raised, false, 0
	m.raises = slices.DeleteFunc(m.raises, func(at time.Duration) bool { return now-at >= FlapTime })
	m.raises = append(m.raises, now)
	m.flapping = len(m.raises) >= FlapRaises
}

// settle ends the alarm.
func (m *machine) settle(holds bool) {
	if m.flapping {
		m.raises = nil
	}
	m.state, m.acked, m.flapping = OK, false, false
	if holds {
		m.state = Pending
	}
}

// known is the state of an alarm whose condition holds.
func (m *machine) known() State {
	if m.acked {
		return Acknowledged
	}
	return Raised
}

// clearTime is how calm it must be until the alarm is over.
func (m *machine) clearTime(s *Spec) time.Duration {
	if m.flapping {
		return max(s.Clear, FlapTime)
	}
	return s.Clear
}

// acknowledge notes that somebody knows of the alarm. It reports false if there is nothing to know.
func (m *machine) acknowledge() bool {
	if !m.state.On() {
		return false
	}
	m.acked = true
	if m.state == Raised {
		m.state = Acknowledged
	}
	return true
}

// due returns after which time the state changes if the condition goes on to hold, or not to. ok is false if it never does.
func (m *machine) due(s *Spec, holds bool) (in time.Duration, ok bool) {
	switch {
	case !m.state.On() && holds:
		return max(0, s.For-m.held), true
	case !m.state.On():
		return 0, m.state == Pending
	case holds && m.state == Clearing:
		return max(0, min(s.For-m.held, m.clearTime(s)-m.calm)), true
	case holds:
		return 0, false
	case m.state != Clearing:
		return 0, true
	}
	return max(0, m.clearTime(s)-m.calm), true
}
