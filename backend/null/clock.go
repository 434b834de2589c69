package null

import "math"

// Never is a time no clock reaches.
const Never = math.MaxInt64

// Clock is the time of a stream, in nanoseconds. Tests bring their own, in which hours pass at once. Any
// goroutine may call Wake at any time, even after Close; only the engine's calls the other methods.
type Clock interface {
	// Now returns the time. It never decreases.
	Now() int64
	// Sleep blocks until Now has reached until, or Wake was called since the previous Sleep: then woken is
	// true. Neither Sleep nor Now may allocate.
	Sleep(until int64) (woken bool, err error)
	// Wake ends the Sleep in progress, or else the next one. It does not block.
	Wake()
	// Close is the last call but for Wake.
	Close() error
}
