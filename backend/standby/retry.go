package standby

import "time"

const (
	// atOnce is how often what fails is tried again before there is a pause.
	atOnce = 3
	// firstPause is the first of those, which double up to longestPause.
	firstPause, longestPause = 50 * time.Millisecond, time.Minute
	// steady is how long a device has to work to count as one that does.
	steady = 10 * time.Second
)

// retry is when to try again. The supervisor's.
type retry struct {
	look  time.Duration // as of Options
	fails int           // one after the other
	pause time.Duration // until the next try; 0: only if told
}

// again forgets what has failed.
func (r *retry) again() { r.fails, r.pause = 0, r.look }

// failed notes that what performed has failed, and reports whether to try again at once.
func (r *retry) failed() bool {
	if r.fails < atOnce {
		r.fails++
		return true
	}
	r.broken()
	return false
}

// broken notes that a device that is there is of no use now.
func (r *retry) broken() {
	if r.look == 0 {
		r.pause = 0
		return
	}
	if r.fails < atOnce {
		r.fails = atOnce
	}
	r.pause = longestPause
	if n := r.fails - atOnce; n < 16 {
		r.pause = min(firstPause<<n, longestPause)
	}
	r.fails++
}

// absent notes that there is no device, or that another program has it.
func (r *retry) absent() { r.pause = min(max(2*r.pause, r.look), max(longestPause, r.look)) }
