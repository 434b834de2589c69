package alsa

import "github.com/loopbridge/loopbridge/audio"

// ramps smooth both sides of a gap in the stream's format. Playback fades in from silence.
// Recording, which leaves the gap out, fades from the last frame before it to the first one after
// it. The tail fades playback out.
type ramps struct{ played, recorded *audio.Splice }

func newRamps(f audio.Format, period int) ramps {
	n := audio.RampFrames(f.Rate, period)
	return ramps{audio.NewSplice(f, n), audio.NewSplice(f, n)}
}

// reset forgets the past at a start.
func (r *ramps) reset() {
	r.played.Reset()
	r.recorded.Reset()
}

// gap marks where frames were lost.
func (r *ramps) gap() {
	r.played.GapAfterSilence()
	r.recorded.Gap()
}
