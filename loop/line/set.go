package line

import (
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/servo"
)

// Set holds all lines of an engine. Its methods are for the engine's goroutine unless they say otherwise.
type Set struct {
	Played, Recorded *Bus // of the device; empty for a side it does not have
	// Mixed and Heard have taps of what the device plays: what the lines wrote, and what came of it after
	// monitor and controls.
	Mixed, Heard *Bus

	// Clock is the device's, against CLOCK_MONOTONIC, for the routes of other engines; any goroutine
	// may read it.
	Clock servo.Published

	rate       uint64 // of the device
	basePeriod int    // frames, as configured
	sources    list   // that count a clock of their own, and that routes read
	routes     list
	outlets    list
	lines      list // that count a clock of their own
	clock      *servo.Clock
	steering   atomic.Pointer[steering] // what Steer has set
	steered    *steering                // what clock knows of it
	estimate   servo.Estimate           // what Clock has
	count      int                      // lines in all lists
	changed    bool                     // lines came or went since Changed
	tick       tick                     // of this cycle

	reports atomic.Pointer[Line]
	kick    chan struct{} // wakes the reporter
	telling sync.Mutex    // held by the reporter while it tells; the engine never takes it
}

// NewSet returns an empty set for a device whose stream has this rate and configured period in frames.
func NewSet(d *device.Device, rate, basePeriod int) *Set {
	return &Set{
		Played:   &Bus{Bus: d.Out, place: deviceSide{d, audio.Play}},
		Recorded: &Bus{Bus: d.In, place: deviceSide{d, audio.Record}},
		Mixed:    &Bus{Bus: d.Out, place: nowhere{}},
		Heard:    &Bus{Bus: d.Out, place: nowhere{}},
		rate:     uint64(rate), basePeriod: basePeriod, kick: make(chan struct{}, 1),
		clock: servo.NewClock(float64(rate)),
	}
}

// Any reports whether there are lines.
func (s *Set) Any() bool { return s.count > 0 }

// Start prepares for the start of the device: its position begins anew.
func (s *Set) Start() {
	s.clock.Reset()
	s.estimate = s.clock.Estimate()
	s.Clock.Store(&s.estimate)
}

// Begin starts a cycle: it advances the lines that take what the device recorded, then those that routes read, outlets,
// the routes, and the other lines with a clock of their own. lenient: the engine was late or freewheels, so gaps are no underruns.
func (s *Set) Begin(t backend.Tick, lenient bool) {
	s.tick = tick{Tick: t, rate: s.rate, lenient: lenient}
	s.observe(&s.tick)
	s.Recorded.lines.advance(&s.tick)
	s.sources.advance(&s.tick)
	if s.outlets.first != nil { // seldom
		s.outlets.advance(&s.tick)
	}
	s.routes.advance(&s.tick)
	s.lines.advance(&s.tick)
}

// estimates is how old, in ns, what is known of the clock may become.
const estimates = 20e6

// observe measures the clock of the device.
func (s *Set) observe(t *tick) {
	if t.Freewheel || t.Position == 0 { // no clock; a wake-up before the first tick
		return
	}
	now := s.steering.Load()
	if now != s.steered {
		s.clock.Steer(now.applied, now.meant, t.Time)
	}
	s.clock.Observe(int64(t.Position), t.Time)
	if t.Time-s.estimate.Seen >= estimates || now != s.steered {
		s.steered = now
		s.estimate = s.clock.Estimate()
		s.Clock.Store(&s.estimate)
	}
}

// steering is what a pitch control does to the clock of the device.
type steering struct{ applied, meant float64 }

// Steer says that the pitch control of the device now makes its clock run at applied times its own rate, and
// what was meant by that; see servo.Clock. One goroutine at a time, any but the engine's, may call it. It allocates.
func (s *Set) Steer(applied, meant float64) { s.steering.Store(&steering{applied, meant}) }

// Play advances the lines the device plays, once Played knows its number of frames.
func (s *Set) Play() {
	s.Played.lines.advance(&s.tick)
	s.Mixed.lines.advance(&s.tick)
}

// Hear advances the taps of what the device has played.
func (s *Set) Hear() { s.Heard.lines.advance(&s.tick) }

// Lose reports an xrun of the device: it raises the error of both sides, through the first line of each.
func (s *Set) Lose() {
	for _, side := range [...]*Bus{s.Played, s.Recorded} {
		if ln := side.lines.first; ln != nil {
			ln.found(side.xrun())
		}
	}
}

// list is lines that a cycle advances in order, the newest first.
type list struct{ first *Line }

func (l *list) push(ln *Line) {
	ln.list, ln.next, ln.prev = l, l.first, nil
	if l.first != nil {
		l.first.prev = ln
	}
	l.first = ln
}

func (l *list) remove(ln *Line) {
	if ln.prev != nil {
		ln.prev.next = ln.next
	} else {
		l.first = ln.next
	}
	if ln.next != nil {
		ln.next.prev = ln.prev
	}
	ln.list, ln.next, ln.prev = nil, nil, nil
}

// advance advances all lines, and removes those that are over.
func (l *list) advance(t *tick) {
	for ln := l.first; ln != nil; {
		next := ln.next // ln may be removed
		if found := ln.kind.advance(t); found != 0 {
			ln.set.Remove(ln)
			ln.found(found)
		}
		ln = next
	}
}
