package standby

import "time"

const (
	// atOnce is how many times a source is retried before the first pause.
	atOnce = 3
	// Pauses double from firstPause to longestPause, or to the longest of Options.
	firstPause, longestPause = 50 * time.Millisecond, time.Minute
	// steady is how long a device has to work before its failures are forgotten.
	steady = 10 * time.Second
)

// retry decides when to try again. It belongs to the supervisor.
type retry struct {
	look    time.Duration // of Options
	longest time.Duration
	fails   int           // in a row
	pause   time.Duration // until the next try; 0: wait for Plugged
}

// reset forgets earlier failures.
func (r *retry) reset() { r.fails, r.pause = 0, r.look }

// failed counts a failure of the active device, and reports whether to try again at once.
func (r *retry) failed() bool {
	if r.fails < atOnce {
		r.fails++
		return true
	}
	r.broken()
	return false
}

// broken sets the pause after a device is present but useless.
func (r *retry) broken() {
	if r.look == 0 {
		r.pause = 0
		return
	}
	if r.fails < atOnce {
		r.fails = atOnce
	}
	r.pause = r.longest
	if n := r.fails - atOnce; n < 16 {
		r.pause = min(firstPause<<n, r.longest)
	}
	r.fails++
}

// absent sets the pause after a device is missing, or another program has it.
func (r *retry) absent() { r.pause = min(max(2*r.pause, r.look), max(r.longest, r.look)) }
