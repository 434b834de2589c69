package looptest

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Constant opens an end with the options, but for direction and encoding, and plays samples of one level there, in blocks of so many
// frames, until the end is closed or the test is over. It fails the test if the end cannot be opened.
func Constant(t testing.TB, bay *loop.Patchbay, name string, o pcm.Options, level float32, frames int) *pcm.PCM {
	t.Helper()
	o.Direction, o.Format.Encoding = pcm.Write, audio.FloatLE
	p, err := bay.Open(t.Context(), name, o)
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]float32, frames*p.Format().Channels)
	for i := range samples {
		samples[i] = level
	}
	block := make([]byte, frames*p.Format().FrameBytes())
	audio.FloatLE.Encode(block, samples, nil)
	go func() {
		for {
			if _, err := p.Write(t.Context(), block); err != nil {
				return
			}
		}
	}()
	return p
}
