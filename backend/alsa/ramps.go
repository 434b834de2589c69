package alsa

import "github.com/loopbridge/loopbridge/audio"

// ramps are what a stream puts on both sides of a gap, in its own format: what is played
// comes in from silence, and what is recorded goes from the last frame before the gap into
// the first one after it, as the gap itself is left out. How play ends is the tail's.
type ramps struct {
	played, recorded *audio.Ramp
	last             []byte // frame that was recorded
}

func newRamps(f audio.Format, period int) ramps {
	n := audio.RampFrames(f.Rate, period)
	return ramps{audio.NewRamp(f, n), audio.NewRamp(f, n), make([]byte, f.FrameBytes())}
}

// start is a stream without a gap so far.
func (r *ramps) start(f audio.Format) {
	r.played.Stop()
	r.recorded.Stop()
	f.Encoding.Silence(r.last)
}

// gap is where the hardware was started anew.
func (r *ramps) gap() {
	r.played.From(nil)
	r.recorded.From(r.last)
}

// hear takes note of frames that were recorded.
func (r *ramps) hear(block []byte) {
	if len(block) > 0 {
		r.recorded.Apply(block)
		copy(r.last, block[len(block)-len(r.last):])
	}
}
