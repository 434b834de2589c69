package line

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// End is the engine's view of an end that a program holds. Control sets the first part while no
// line uses the end.
type End struct {
	Source *ring.Source // nil: the program reads
	Sink   *ring.Sink   // nil: the program writes
	Bell   Bell
	Server bool // the server end
	Gone   bool // the program closed; its last frames are being delivered
	Routed bool // the program is a route: Offset is kept, and the first frame starts the clock

	// Set by control; the engine obeys in the next cycle.
	Paused   atomic.Bool
	DrainTo  atomic.Uint64         // position drains wait for; the engine clears it when reached
	MarkTo   atomic.Uint64         // position of the next eof mark; control clears it
	LastMark atomic.Uint64         // position of the last eof mark
	Meter    atomic.Pointer[Meter] // nil: never read

	// Set by the engine; any goroutine may read.
	Moved   atomic.Uint64 // frames taken from or given to the program
	Offset  atomic.Int64  // position of the device, in frames of the ring, less that of the ring; if Routed
	Flowing atomic.Bool   // a writing program has frames
	Xruns   Xruns
	Bad     atomic.Uint64 // NaN and infinite samples since the ring was made

	// Set by control, as the first part.
	Ring   *ring.Ring
	Format audio.Format
	Period int // frames
	Buffer int // frames
}

// Bell wakes the program of an end. The engine calls it, so it must not block or allocate.
type Bell interface{ Ring() }

// Xruns is the daemon's own count; the program sees a copy.
type Xruns struct {
	Bursts, Frames atomic.Uint64
	Sticky         atomic.Bool // error flag of audio(7I), until control clears it
}

// countXrun counts lost or missing frames, and reports whether the sticky flag was down and is raised: at the beginning of a
// burst, so that who clears it during one does not see the same one again.
func (e *End) countXrun(burst bool, frames uint64) (first bool) {
	e.Ring.CountXrun(burst, frames)
	e.Xruns.Frames.Add(frames)
	if burst {
		e.Xruns.Bursts.Add(1)
	}
	return burst && !e.Xruns.Sticky.Swap(true)
}
