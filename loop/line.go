package loop

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// line is a session as the engine sees it: frames of a loop on their way. What all lines have
// is here; how the frames go is the kind's business.
type line struct {
	// Set once, before the engine gets it.
	loop           *Loop
	kind           kind
	writer, reader *End // the programs whose session it is; control alone asks which there are
	path           path
	period         int    // the smallest that a program of it moves at a time, frames of what comes out
	group          *group // that it is the server's line of; nil: of none
	joins          *group // that it is a member of

	unlinked bool // guarded by loop.mu

	// Between control and engine.
	closing  atomic.Bool // the writer has gone: deliver the rest, then end
	findings atomic.Uint32
	reported *line // next in Engine.reports

	// The engine's.
	list       *lineList // that it is in; nil: in none
	next, prev *line
	clock      clock
}

// kind is what the cycle asks of a line.
type kind interface {
	// advance moves what is due in a cycle, and returns a finding if the line is over. It
	// allocates nothing and blocks on nothing.
	advance(t *tick) finding
}

// tick is what all lines need to know of one cycle.
type tick struct {
	backend.Tick
	rate    uint64 // of the device
	lenient bool   // the engine was late, or freewheels: nobody is to blame for a gap
}

// clock counts what is due on a line, from an anchor.
type clock struct {
	anchored bool
	anchor   uint64 // device position, at first that at which the line came
	counted  uint64 // frames that the clock has asked for since
}

// start anchors the clock at the position of a cycle.
func (c *clock) start(t *tick) { *c = clock{anchored: true, anchor: t.Position} }

// due returns how many frames of a rate have fallen due since the cycle before.
func (c *clock) due(t *tick, rate uint64) int {
	total := audio.MulDiv(t.Position-c.anchor, rate, t.rate)
	due := int(total - c.counted)
	c.counted = total
	return due
}

// pace is the period of a line in frames of the device.
func (ln *line) pace(rate uint64) int {
	return max(1, int(audio.MulDiv(uint64(ln.period), rate, ln.path.rate)))
}

// members are the lines that come and go with the clients of a group's server.
func (ln *line) members() *lineList {
	if ln.group == nil {
		return &lineList{}
	}
	return &ln.group.bus.lines
}

// lineList is lines that a cycle advances one after the other, the newest first.
type lineList struct{ first *line }

func (l *lineList) push(ln *line) {
	ln.list, ln.next, ln.prev = l, l.first, nil
	if l.first != nil {
		l.first.prev = ln
	}
	l.first = ln
}

func (l *lineList) remove(ln *line) {
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
func (l *lineList) advance(t *tick) {
	for ln := l.first; ln != nil; {
		next := ln.next // ln may leave the list
		if over := ln.kind.advance(t); over != 0 {
			ln.loop.engine.unlist(ln)
			ln.found(over)
		}
		ln = next
	}
}
