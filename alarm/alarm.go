package alarm

import (
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
)

// alarm is one alarm of a Board.
type alarm struct {
	board    *Board
	name, of string // never others
	unlisten func() // nil: it needs no sound
	begins   bool   // it watches
	couriers []*courier

	mu        sync.Mutex
	spec      Spec
	condition Condition
	machine   machine
	ear       ear           // of a place
	memory    memory        // of a subject
	looked    time.Duration // when the subject was looked at
	begun     bool          // it was
	found     finding       // last
	holding   bool          // the condition holds by that

	number  uint64 // of changes that were told
	history []Past // the last of them
	raises  uint64
	since   time.Time // of day, of the state
	raised  time.Time
	ack     Ack
	gone    bool // it was removed
}

// newAlarm returns an alarm that watches nothing yet.
func newAlarm(b *Board, s Spec) *alarm {
	c, _ := Find(s.On) // the board has checked it
	now := b.options.Clock()
	a := &alarm{board: b, name: s.Name, of: s.Of, spec: s, condition: c, machine: machine{state: OK}, since: b.options.Wall(), looked: now}
	a.ear.last = now
	a.found.unknown = true
	a.couriers = b.couriersOf(&s)
	return a
}

// change gives the alarm other parameters.
func (a *alarm) change(s Spec) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spec = s
	for _, c := range a.couriers {
		c.use(a.board.actionOf(c.name, &s))
	}
}

// Begin implements tap.Ear.
func (a *alarm) Begin(f audio.Format) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ear.begin(&a.condition, &a.spec, f)
}

// Hear implements tap.Ear.
func (a *alarm) Hear(frames []float32, lost int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ear.channels == 0 {
		return
	}
	n := len(frames)/a.ear.channels + lost
	if gap := a.ear.came(a.board.options.Clock(), n); gap > 0 {
		a.restLocked(gap)
	}
	if lost > 0 { // nobody knows how they sounded: as those before
		a.passLocked(a.ear.forgive(a.ear.pass(lost)))
	}
	a.ear.hear(frames, func(r *metering.Reading, d time.Duration) {
		a.findLocked(a.condition.heard(&a.spec, r))
		a.passLocked(a.ear.forgive(d))
	})
}

// Turn implements tap.Turner.
func (a *alarm) Turn() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if gap := a.ear.rest(a.board.options.Clock()); gap > 0 {
		a.restLocked(gap)
	}
}

// restLocked lets a time pass in which the place rested.
func (a *alarm) restLocked(d time.Duration) {
	a.findLocked(a.condition.resting())
	a.passLocked(d)
}

// findLocked notes what was found.
func (a *alarm) findLocked(f finding) {
	a.found, a.holding = f, a.spec.holds(f, a.holding && a.machine.state.On())
}

// passLocked lets a time pass in which what was found last was so.
func (a *alarm) passLocked(d time.Duration) {
	was := a.machine.state
	did := a.machine.advance(&a.spec, a.holding, d, a.board.options.Clock())
	if a.machine.state != was {
		a.since = a.board.options.Wall()
	}
	switch did {
	case rose:
		a.raised, a.ack = a.since, Ack{}
		a.raises++
		a.tellLocked(WasRaised, a.sentenceLocked())
	case cleared:
		a.tellLocked(WasCleared, string(a.spec.On)+" of "+a.spec.Of+" is over")
	}
}

// tellLocked tells a change to all who are to know of it.
func (a *alarm) tellLocked(c Change, text string) {
	a.number++
	n := a.noticeLocked(c, text)
	n.Number = a.number
	a.history = append(a.history[max(0, len(a.history)+1-MaxPast):], Past{n.Time, c, text})
	if tell := a.board.options.Tell; tell != nil {
		tell(n)
	}
	if trigger := a.board.options.Trigger; trigger != nil && c != WasAcknowledged {
		trigger(a.name, c == WasRaised)
	}
	for _, c := range a.couriers {
		c.send(n)
	}
}

// look looks at a subject. It returns when to look again; false: not before something happens.
func (a *alarm) look(now time.Duration) (in time.Duration, again bool) {
	f := a.board.options.Facts(a.of)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone {
		return 0, false
	}
	if a.begun {
		a.passLocked(now - a.looked)
	}
	a.looked, a.begun = now, true
	a.memory.now, a.memory.again = now, 0
	a.findLocked(a.condition.seen(&a.spec, &f, &a.memory))
	a.passLocked(0)
	if a.condition.Moment {
		a.holding = false
	}
	in, again = a.machine.due(&a.spec, a.holding)
	if f.Moving && (!again || in > lookEvery) {
		in, again = lookEvery, true
	}
	if at := a.memory.again; at > 0 && (!again || in > at-now) {
		in, again = at-now, true
	}
	return in, again
}

// acknowledge notes who knows of the alarm.
func (a *alarm) acknowledge(by, text string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.machine.state
	if !a.machine.acknowledge() {
		return audio.ErrBusy.With("the alarm %s is not raised, so there is nothing to acknowledge", a.spec.Name)
	}
	now := a.board.options.Wall()
	if a.machine.state != was {
		a.since = now
	}
	a.ack = Ack{by, text, now}
	sentence := string(a.spec.On) + " of " + a.spec.Of + " is known to " + by
	if text != "" {
		sentence += ": " + text
	}
	a.tellLocked(WasAcknowledged, sentence)
	return nil
}

// same reports whether the alarm watches what a Spec says.
func (a *alarm) same(s *Spec) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.spec.Same(s)
}

// end stops watching.
func (a *alarm) end() {
	if a.unlisten != nil {
		a.unlisten()
	}
}

// remove stops watching because there is to be no such alarm. If it is on, that is over, and all who were told are told.
func (a *alarm) remove() {
	a.end()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone = true
	if a.machine.state.On() {
		a.machine.settle(false)
		a.tellLocked(WasCleared, string(a.spec.On)+" of "+a.of+" is not watched any more")
	}
	for _, c := range a.couriers {
		c.retire()
	}
}
