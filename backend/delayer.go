package backend

// Delayer is a stream with sound on its way between its blocks and the world. Other streams play
// and record within the tick.
type Delayer interface {
	// Delay returns the playback and capture latency in frames: how long after the position of a tick the last
	// frame of a Write is played, and how long before it the last frame of a Read was recorded. Their sum is
	// the latency from input to output. Only the engine's goroutine calls it; it does not block or allocate.
	Delay() (play, record int)
}
