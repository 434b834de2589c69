package line

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// End is what the engine has to do with an end that a program holds. Control sets the first
// part while no line uses it.
type End struct {
	Format audio.Format
	Period int          // frames
	Buffer int          // frames
	Ring   *ring.Ring   //
	Source *ring.Source // of a program that writes, else nil
	Sink   *ring.Sink   // of one that reads, else nil
	Bell   Bell
	Server bool // it holds the server end
	Gone   bool // the program has closed; what it wrote is still on its way

	// Control sets these, and the engine heeds them in the next cycle.
	Paused   atomic.Bool
	LastMark atomic.Uint64         // position of the last eof mark
	DrainTo  atomic.Uint64         // position to report to drains; the engine clears it when it is reached
	MarkTo   atomic.Uint64         // position of the next eof mark; control clears it
	Meter    atomic.Pointer[Meter] // nil: nobody has looked

	// The engine sets these; any goroutine may look.
	Moved   atomic.Uint64 // frames taken from or given to the program
	Flowing atomic.Bool   // the program that writes has frames
	Xruns   Xruns
	Bad     atomic.Uint64 // samples of the program that were no numbers, since its ring was made
}

// Bell wakes the program of an end. The engine calls it, so it must not block or allocate.
type Bell interface{ Ring() }

// Xruns are the daemon's own count; what the program sees is a copy.
type Xruns struct {
	Bursts, Frames atomic.Uint64
	Sticky         atomic.Bool // audio(7I) error: raised once, until control takes it down
}

// countXrun counts frames that were lost or missing, and reports whether the sticky flag was not
// up.
func (e *End) countXrun(burst bool, frames uint64) (first bool) {
	e.Ring.CountXrun(burst, frames)
	e.Xruns.Frames.Add(frames)
	if burst {
		e.Xruns.Bursts.Add(1)
	}
	return !e.Xruns.Sticky.Swap(true)
}
