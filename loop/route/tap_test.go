package route_test

import (
	"math"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// TestTaps: a route from what a device plays has its frames bit by bit; after the controls they are quieter, before
// them not, and muting the device is heard in the one only.
func TestTaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0).withLoops()
		defer w.close()
		player := w.open("speaker", pcm.Client, pcm.Write)
		c := backendtest.NewCounter(player.Format())
		w.play(player, c, 1)
		heard := map[string]*[]byte{}
		for _, from := range []string{"a/play", "a/mix"} {
			name := map[string]string{"a/play": "pipe", "a/mix": "room"}[from]
			if _, err := w.board.Add(spec(name, from, name)); err != nil {
				t.Fatal(err)
			}
			heard[from] = w.record(w.open(name, pcm.Server, pcm.Read))
		}
		w.run(1)
		size := player.Format().FrameBytes()
		for _, sound := range heard {
			contiguous(t, c, *sound, size, 40000)
			*sound = nil
		}
		p, err := state.ParsePatch("play.gain=128")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { _, err := w.cards[0].engine.Set(p); done <- err }()
		w.run(0.5)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		half := 128.0 / 255
		ratio := level(*heard["a/play"]) / level(*heard["a/mix"])
		if math.Abs(ratio-half) > 0.02 {
			t.Errorf("what is heard is %.3f of what is mixed, want %.3f", ratio, half)
		}
	})
}

// level returns the rms of the second half of what was recorded.
func level(sound []byte) float64 {
	x := make([]float32, len(sound)/audio.FloatLE.Bytes())
	audio.FloatLE.Decode(x, sound)
	sum := 0.0
	for _, v := range x[len(x)/2:] {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(x)/2))
}
