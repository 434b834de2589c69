package line

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/device"
)

// Set is all lines of an engine. Its methods are for the engine's goroutine, unless they say
// otherwise.
type Set struct {
	Played, Recorded *Bus // of the device; without a side nothing is listed there

	rate  uint64 // of the device
	usual int    // frames, its configured period
	lines list   // that have a clock of their own
	count int    // lines in all lists
	moved bool   // a line has come or gone since Changed
	tick  tick   // of this cycle

	reports atomic.Pointer[Line]
	kick    chan struct{} // wakes the reporter
}

// NewSet returns that of a device without lines. rate and usual, its configured period in
// frames, are those of its stream.
func NewSet(d *device.Device, rate, usual int) *Set {
	return &Set{
		Played:   &Bus{Bus: d.Out, place: deviceSide{d, audio.Play}},
		Recorded: &Bus{Bus: d.In, place: deviceSide{d, audio.Record}},
		rate:     uint64(rate), usual: usual, kick: make(chan struct{}, 1),
	}
}

// Any reports whether there are lines.
func (s *Set) Any() bool { return s.count > 0 }

// Begin begins a cycle, and takes those on whose frames the device has recorded. lenient: the
// engine was late, or freewheels, so that nobody is to blame for a gap.
func (s *Set) Begin(t backend.Tick, lenient bool) {
	s.tick = tick{Tick: t, rate: s.rate, lenient: lenient}
	s.Recorded.lines.advance(&s.tick)
	s.lines.advance(&s.tick)
}

// Play takes those on that the device plays, once it has said how many frames that is.
func (s *Set) Play() { s.Played.lines.advance(&s.tick) }

// Lose is for an xrun of the device: it is the error of both its sides, and told by the first
// line of each.
func (s *Set) Lose() {
	for _, side := range [...]*Bus{s.Played, s.Recorded} {
		if ln := side.lines.first; ln != nil {
			ln.found(side.xrun())
		}
	}
}

// list is lines that a cycle advances one after the other, the newest first.
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

// advance advances all, and takes those away that are over.
func (l *list) advance(t *tick) {
	for ln := l.first; ln != nil; {
		next := ln.next // ln may leave the list
		if over := ln.kind.advance(t); over != 0 {
			ln.set.Remove(ln)
			ln.found(over)
		}
		ln = next
	}
}
