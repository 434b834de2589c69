package line

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/convert"
)

// Line is a session as the engine sees it: frames of a loop on their way. It holds what all lines
// have; the kind, which it is part of, knows how the frames go.
//
// Between two cycles the programs of the machine take over its caches. So a line is one piece of memory,
// and what every cycle touches comes first in it, and first in path, End, supply and delivery.
type Line struct {
	// Closing is set by control when the writer closes: deliver what it wrote, then end.
	Closing atomic.Bool

	findings atomic.Uint32 // shared by the engine and the reporter

	// Owned by the engine.
	kind       kind
	next, prev *Line
	clock      clock
	set        *Set
	list       *list // that the line is in; nil: none

	// What the line moves is led there, too; nil: nowhere. The engine sets them, for control.
	heard, mixed *lead

	// Set before the engine gets the line.
	loop   *Loop
	path   path
	period int    // smallest period of its programs, in output frames
	group  *group // whose server's line it is; nil: none
	joins  *group // whose member it is; nil: none
	owner  Owner

	reported *Line // next in Set.reports; shared by the engine and the reporter
}

// Loop is what all lines of one loop share.
type Loop struct {
	Convert convert.Options // for clients with another format
	Resets  bool            // the server's stream ends with its client's
	GoesOn  bool            // the server runs on without a client

	Frames  atomic.Uint64 // moved from writer to reader; any goroutine may read
	Skipped atomic.Uint64 // left out of the clock after the engine was late
}

// kind is how the frames of a line go.
type kind interface {
	// advance moves what is due in a cycle, and returns a Finding if the line is over. It allocates
	// nothing and blocks on nothing.
	advance(t *tick) Finding
}

// tick describes one cycle to all lines.
type tick struct {
	backend.Tick
	rate    uint64 // of the device
	lenient bool   // late engine or freewheel: gaps are no underruns
}

// clock counts the frames due on a line, from an anchor.
type clock struct {
	anchored bool
	anchor   uint64 // device position; before the start, where the line was added
	counted  uint64 // frames due since the anchor
}

// start anchors the clock at the position of a cycle.
func (c *clock) start(t *tick) { *c = clock{anchored: true, anchor: t.Position} }

// due returns how many frames became due since the previous cycle, at the given rate.
func (c *clock) due(t *tick, rate uint64) int {
	total := audio.MulDiv(t.Position-c.anchor, rate, t.rate)
	due := int(total - c.counted)
	c.counted = total
	return due
}
