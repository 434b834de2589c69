package alsa

import "github.com/loopbridge/loopbridge/audio"

// ramps are what a stream puts on both sides of a gap, in its own format: what is played
// comes in from silence, and what is recorded goes from the last frame before the gap into
// the first one after it, as the gap itself is left out. How play ends is the tail's.
type ramps struct{ played, recorded *audio.Splice }

func newRamps(f audio.Format, period int) ramps {
	n := audio.RampFrames(f.Rate, period)
	return ramps{audio.NewSplice(f, n), audio.NewSplice(f, n)}
}

// reset is at a start.
func (r *ramps) reset() {
	r.played.Reset()
	r.recorded.Reset()
}

// gap is where the hardware was not served.
func (r *ramps) gap() {
	r.played.GapAfterSilence()
	r.recorded.Gap()
}
