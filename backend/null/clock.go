package null

import "math"

// Never is the time that no clock reaches.
const Never = math.MaxInt64

// Clock is the time that a stream lives in, in nanoseconds. Tests bring their own,
// in which hours pass at once. Wake may be called from any goroutine and at any
// time, also after Close; everything else is called by the engine's.
type Clock interface {
	// Now never runs back.
	Now() int64
	// Sleep returns when Now has reached until, or woken when Wake was called since
	// the Sleep before. Neither it nor Now may allocate.
	Sleep(until int64) (woken bool, err error)
	// Wake ends the Sleep in progress, or else the next one. It does not block.
	Wake()
	// Close is the last call but for Wake.
	Close() error
}
