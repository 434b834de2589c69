package live

import (
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// A tape has all frames in their order, with silence for those that were lost, and ends when there is another format, or
// when nobody fetches it for four seconds.
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
	x.Hear(make([]float32, 2*3999), 0)
	if frames, ended = x.take(frames); len(frames) != 2*3999 || ended {
		t.Errorf("four seconds: %d samples, ended %v", len(frames), ended)
	}
	x.Hear(make([]float32, 2*3999), 0)
	x.Hear(make([]float32, 2*2), 0)
	if frames, ended = x.take(frames); len(frames) != 2*3999 || !ended {
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

// What comes late is no silence: only turns in which nothing came count, and only if there are more of them than periods that
// are long explain. A device that rests is silent all the time.
func TestSilenceOfDevicesThatRest(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 2}
	const turn = 960
	for name, c := range map[string]struct{ block, late int }{"short periods": {480, 12}, "half a second": {24000, 49}} {
		x := &tape{wake: make(chan struct{}, 1)}
		x.Begin(f)
		x.Hear(make([]float32, 2*c.block), 0)
		x.Turn()
		for range c.late { // after which frames come, if the device has not stopped
			x.Turn()
		}
		frames, _ := x.take(nil)
		if len(frames) != 2*c.block {
			t.Errorf("%s: %d frames, and %d came", name, len(frames)/2, c.block)
		}
		for silent := c.late + 1; silent <= c.late+3; silent++ {
			x.Turn()
			frames, _ = x.take(frames)
			want := turn
			if silent == c.late+1 {
				want *= silent
			}
			if len(frames) != 2*want {
				t.Errorf("%s: %d silent frames in turn %d, want %d", name, len(frames)/2, silent, want)
			}
		}
		x.Hear(make([]float32, 2*480), 0)
		x.Turn()
		x.Turn()
		if frames, _ = x.take(frames); len(frames) != 2*480 {
			t.Errorf("%s: after the silence come %d frames, want 480", name, len(frames)/2)
		}
	}
}
