package live

import (
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// A tape has all frames in their order, with silence for those that were lost, and ends when there is another format, or
// when nobody fetches it for a second.
func TestTape(t *testing.T) {
	f := audio.Format{Rate: 1000, Channels: 2}
	x := &tape{wake: make(chan struct{}, 1)}
	x.Begin(f)
	x.Hear([]float32{1, 2, 3, 4}, 0)
	x.Hear([]float32{5, 6}, 1)
	frames, ended := x.take(nil)
	if !slices.Equal(frames, []float32{1, 2, 3, 4, 0, 0, 5, 6}) || ended || x.lost != 1 {
		t.Errorf("%v, ended %v, %d lost", frames, ended, x.lost)
	}
	x.Hear(make([]float32, 2*999), 0)
	if frames, ended = x.take(frames); len(frames) != 2*999 || ended {
		t.Errorf("a second: %d samples, ended %v", len(frames), ended)
	}
	x.Hear(make([]float32, 2*999), 0)
	x.Hear(make([]float32, 2*2), 0)
	if frames, ended = x.take(frames); len(frames) != 2*999 || !ended {
		t.Errorf("too late: %d samples, ended %v", len(frames), ended)
	}
	x = &tape{wake: make(chan struct{}, 1)}
	x.Begin(f)
	x.Hear([]float32{1, 2}, 0)
	x.Begin(audio.Format{})
	if frames, ended = x.take(nil); len(frames) != 2 || !ended || x.f != f {
		t.Errorf("another format: %v, ended %v, %v", frames, ended, x.f)
	}
}
