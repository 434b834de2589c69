package audio_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// TestSpliceGoesOn: another Splice goes on from any frame of a ramp, through JSON, even if the ramp comes from no number.
func TestSpliceGoesOn(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}
	const frames, all = 96, 300
	size := f.FrameBytes()
	for _, from := range []float32{0.25, float32(math.NaN()), float32(math.Inf(1))} {
		begun := func() *audio.Splice {
			s, last := audio.NewSplice(f, frames), make([]byte, size)
			f.Encoding.Encode(last, []float32{from, -0.5}, nil)
			s.Pass(last)
			s.Gap()
			return s
		}
		want := tone(audio.DefaultFormat(), 0, all*2)
		begun().Pass(want)
		for _, at := range []int{0, 1, 50, frames, 200} {
			got := tone(audio.DefaultFormat(), 0, all*2)
			s := begun()
			s.Pass(got[:at*size])
			text, err := json.Marshal(s.State())
			if err != nil {
				t.Fatal(err)
			}
			var state audio.SpliceState
			if err := json.Unmarshal(text, &state); err != nil {
				t.Fatal(err)
			}
			next := audio.NewSplice(f, frames)
			next.Gap() // is forgotten
			if !next.Restore(state) {
				t.Fatalf("%s is refused", text)
			}
			if next.Pass(got[at*size:]); !bytes.Equal(got, want) {
				t.Errorf("from %v, after %d frames it goes on in another way", from, at)
			}
		}
	}
	s := audio.NewSplice(f, frames)
	last := make([]byte, size)
	for _, wrong := range []audio.SpliceState{
		{}, {Last: last[1:]}, {Last: last, Left: -1}, {Last: last, Left: frames + 1, From: make([]uint32, 2)},
		{Last: last, Left: 1}, {Last: last, Left: 1, From: make([]uint32, 3)},
	} {
		if s.Restore(wrong) {
			t.Errorf("%+v is taken", wrong)
		}
	}
}
