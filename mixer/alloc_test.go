package mixer

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// A cycle of the engine: sources, monitor, output, meter. And a reader.
func TestCyclesAllocateNothing(t *testing.T) {
	const n = 2 * 480
	var faders [16]*Fader
	blocks := make([][]float32, len(faders))
	for i := range faders {
		faders[i], blocks[i] = NewFader(2, Neutral()), ones(n)
	}
	monitor, out, meter := NewMonitor(audio.DefaultMatrix(1, 2).ChannelMix(), 480), NewFader(2, Neutral()), NewMeter(2)
	dst, gain := make([]float32, n), 0
	var r Reading
	meter.Read(&r)
	allocs := testing.AllocsPerRun(200, func() {
		clear(dst)
		for i, f := range faders {
			f.Set(Setting{Gain: gain % (256 + i), Balance: gain % 65, Mute: gain%7 == 0})
			f.Mix(dst, blocks[i])
		}
		monitor.Set(gain)
		monitor.Mix(dst, blocks[0][:480])
		out.Set(Setting{Gain: gain, Balance: MidBalance})
		out.Apply(dst, dst)
		meter.Measure(dst)
		meter.Silence(3)
		meter.Read(&r)
		gain++
	})
	if allocs != 0 {
		t.Errorf("a cycle allocates %v times", allocs)
	}
}
