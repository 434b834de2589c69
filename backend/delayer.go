package backend

// Delayer is a stream with sound under way between its blocks and the world. A stream that
// is none plays and records within the tick.
type Delayer interface {
	// Delay is, in frames, how long after the position of a tick the last frame is heard
	// that Write takes, and how long before it the last frame was recorded that Read gives.
	// Their sum is the way from the input to the output. For the engine's goroutine; does
	// not block or allocate.
	Delay() (play, record int)
}
