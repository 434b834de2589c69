package line

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/convert"
)

// Line is a session as the engine sees it: frames of a loop on their way. What all lines have is
// here; how the frames go is the kind's business.
type Line struct {
	// Closing is set by control when the writer has gone: deliver the rest, then end.
	Closing atomic.Bool

	// Set once, before the engine gets it.
	owner  Owner
	loop   *Loop
	kind   kind
	path   path
	period int    // the smallest that a program of it moves at a time, frames of what comes out
	group  *group // that it is the server's line of; nil: of none
	joins  *group // that it is a member of

	// Between the engine and the reporter.
	findings atomic.Uint32
	reported *Line // next in Set.reports

	// The engine's.
	set        *Set
	list       *list // that it is in; nil: in none
	next, prev *Line
	clock      clock
}

// Loop is what the lines of one loop have in common.
type Loop struct {
	Convert convert.Options // of clients with another format
	Resets  bool            // a server's stream ends with its client
	GoesOn  bool            // a server goes on without a client

	Frames  atomic.Uint64 // moved from writer to reader; any goroutine may look
	Skipped atomic.Uint64 // left out of the clock, because the engine was late
}

// kind is what the cycle asks of a line.
type kind interface {
	// advance moves what is due in a cycle, and returns a Finding if the line is over. It
	// allocates nothing and blocks on nothing.
	advance(t *tick) Finding
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
