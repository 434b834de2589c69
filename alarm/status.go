package alarm

import (
	"slices"
	"time"
)

// Status is an alarm as seen from outside, at one moment. It is a plain value.
type Status struct {
	Spec
	Condition Condition
	State     State
	Flapping  bool
	Text      string    // what was found last, as a sentence
	Value     *float64  // nil: none, or silence
	Since     time.Time // of the state, time of day
	Raised    time.Time // the last time; zero: never
	Raises    uint64
	Ack       Ack      // of the last time it was raised; zero: nobody has acknowledged that
	Actions   []Action // those that the alarm has
	History   []Past   // the last changes, at most MaxPast, the newest last
}

// MaxPast is how many changes of an alarm are remembered.
const MaxPast = 20

// Past is a change that was.
type Past struct {
	Time   time.Time `json:"time"` // of day
	Change Change    `json:"change"`
	Text   string    `json:"text"`
}

// Ack is who has acknowledged an alarm.
type Ack struct {
	By   string    `json:"by"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"` // of day
}

// Action is how an action of an alarm gets on.
type Action struct {
	Name    string // webhook or command
	Done    uint64
	Failed  uint64 // given up
	Dropped uint64 // too many waited
	Waiting int    // now, with the one that is under way
	Error   string // why the last one has failed, until one succeeds
}

// Result is what a test of an action has shown.
type Result struct {
	Action string
	Err    error // nil: it was done
}

// Saved is what outlives a process. It is a plain value.
type Saved struct {
	On      Kind   `json:"on"` // these four say what was watched
	Of      string `json:"of"`
	Channel int    `json:"channel,omitempty"`
	Window  Window `json:"window,omitempty"`

	State    State           `json:"state"`
	Acked    bool            `json:"acked,omitempty"`
	Holding  bool            `json:"holding,omitempty"`
	Held     time.Duration   `json:"held_ns,omitempty"`
	Calm     time.Duration   `json:"calm_ns,omitempty"`
	Ago      []time.Duration `json:"ago_ns,omitempty"` // when it was raised, for flapping
	Flapping bool            `json:"flapping,omitempty"`
	Text     string          `json:"text,omitempty"`
	Since    time.Time       `json:"since"`
	Raised   time.Time       `json:"raised,omitzero"`
	Raises   uint64          `json:"raises,omitempty"`
	Number   uint64          `json:"number,omitempty"`
	Ack      Ack             `json:"ack,omitzero"`
	History  []Past          `json:"history,omitempty"`

	// Waiting are the notices that have not reached an action, by its name. Running are commands that have not ended.
	Waiting map[string][]Notice `json:"waiting,omitempty"`
	Running []Running           `json:"running,omitempty"`
}

// Running is a command that goes on in a process that takes the place of this one, as its child.
type Running struct {
	PID  int           `json:"pid"`  // also of its group
	Left time.Duration `json:"left"` // until it is killed
	Run  string        `json:"run"`
}

// status returns the alarm as it is.
func (a *alarm) status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Status{
		Spec: a.spec, Condition: a.condition, State: a.machine.state, Flapping: a.machine.flapping, Since: a.since, Raised: a.raised,
		Raises: a.raises, Ack: a.ack, Text: a.sentenceLocked(), Value: a.noticeLocked(WasTested, "").Value,
		History: slices.Clone(a.history),
	}
	for _, c := range a.couriers {
		if c.used() {
			s.Actions = append(s.Actions, c.status())
		}
	}
	return s
}

// saved returns what outlives the process.
func (a *alarm) saved() Saved {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := &a.machine
	s := Saved{
		On: a.spec.On, Of: a.spec.Of, Channel: a.spec.Channel, Window: a.spec.Window,
		State: m.state, Acked: m.acked, Holding: a.holding, Held: m.held, Calm: m.calm, Flapping: m.flapping,
		Text: a.found.text, Since: a.since, Raised: a.raised, Raises: a.raises, Number: a.number, Ack: a.ack,
		History: slices.Clone(a.history),
	}
	now := a.board.options.Clock()
	for _, at := range m.raises {
		s.Ago = append(s.Ago, now-at)
	}
	var waits bool
	s.Running, waits = a.board.processes.of(a.name, now)
	for _, c := range a.couriers {
		all := c.pending()
		if waits && c.name == actionCommand { // its first notice is that of the command
			all = all[min(1, len(all)):]
		}
		if len(all) > 0 {
			if s.Waiting == nil {
				s.Waiting = map[string][]Notice{}
			}
			s.Waiting[c.name] = all
		}
	}
	return s
}

// resume goes on from what a process before has saved, if that watched the same.
func (a *alarm) resume(s Saved) {
	if s.On != a.spec.On || s.Of != a.spec.Of || s.Channel != a.spec.Channel || s.Window != a.spec.Window || !s.State.known() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.machine = machine{state: s.State, acked: s.Acked, held: s.Held, calm: s.Calm, flapping: s.Flapping}
	now := a.board.options.Clock()
	for _, ago := range s.Ago {
		a.machine.raises = append(a.machine.raises, now-ago)
	}
	a.holding, a.found.text = s.Holding, s.Text
	a.since, a.raised, a.raises, a.number, a.ack = s.Since, s.Raised, s.Raises, s.Number, s.Ack
	a.history = s.History
	if trigger := a.board.options.Trigger; trigger != nil && s.State.On() {
		trigger(a.name, true)
	}
	for _, r := range s.Running {
		a.board.adopt(a.name, r)
	}
	for _, c := range a.couriers {
		for _, n := range s.Waiting[c.name] {
			c.send(n)
		}
	}
}
