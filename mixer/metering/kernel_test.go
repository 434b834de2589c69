package metering

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// Vectors give what plain Go gives, to the bit, whatever the length and the alignment, and read nothing that matters
// beyond.
func TestVectorsGiveTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		block := make([]float32, n)
		for i := range block {
			block[i] = r.Float32()*2 - 1
		}
		return block
	}
	if !weightVector(make([]float64, group), newWeighting(48000), random(8), 1, 1) {
		t.Skipf("not tested: vector instructions; this processor (%s) has none that are used", runtime.GOARCH)
	}
	weights := interpolation()
	for channels := 1; channels <= audio.MaxChannels; channels++ {
		for range 20 {
			frames := 1 + r.IntN(1+300/channels)
			n, past, size := frames*channels, (taps-1)*channels, period(channels)
			work := random(past + n + padding)
			pa, pb := make([]float32, size), make([]float32, size)
			a, b := make([]float64, 3*size), make([]float64, 3*size)
			src := work[past:]
			levelsGo(pa, a[:size], a[size:2*size], a[2*size:], src, levelsVector(pa, a[:size], a[size:2*size], a[2*size:], src, n), n)
			levelsGo(pb, b[:size], b[size:2*size], b[2*size:], src, 0, n)
			if !slices.Equal(a, b) || !slices.Equal(pa, pb) {
				t.Fatalf("levels of %d channels, %d frames: %v, want %v", channels, frames, a, b)
			}
			quartersGo(pa, weights, work, quartersVector(pa, weights, work, n, channels), n, channels)
			quartersGo(pb, weights, work, 0, n, channels)
			if !slices.Equal(pa, pb) {
				t.Fatalf("quarters of %d channels, %d frames: %v, want %v", channels, frames, pa, pb)
			}
			clear(pa)
			clear(pb)
			halvesGo(pa, weights, work, halvesVector(pa, weights, work, n, channels), n, channels)
			halvesGo(pb, weights, work, 0, n, channels)
			if !slices.Equal(pa, pb) {
				t.Fatalf("halves of %d channels, %d frames: %v, want %v", channels, frames, pa, pb)
			}
			x, y := newFilters(audio.Format{Rate: 44100, Channels: channels}), newFilters(audio.Format{Rate: 44100, Channels: channels})
			weightVector(x.states, x.weighting, src, frames, channels)
			weightGo(y.states, y.weighting, src, frames, channels)
			for c := range channels {
				for i := range 5 {
					if at := c/lanes*group + i*lanes + c%lanes; x.states[at] != y.states[at] {
						t.Fatalf("weighting of %d channels, %d frames: state %d of channel %d is %v, want %v", channels, frames, i, c,
							x.states[at], y.states[at])
					}
				}
			}
		}
	}
}

// Filters end in silence, and not in numbers so small that processors become slow.
func TestFiltersFadeAway(t *testing.T) {
	f := newFilters(audio.Format{Rate: 48000, Channels: 2})
	block := make([]float32, 2*480+padding)
	block[0], block[1] = 1, -1
	for range 100 {
		f.add(block, 480)
		block[0], block[1] = 0, 0
	}
	f.take(make([]float64, 2))
	for i, x := range f.states {
		if x != 0 {
			t.Errorf("a second later, state %d is %v", i, x)
		}
	}
}
