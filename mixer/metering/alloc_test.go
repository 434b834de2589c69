package metering_test

import (
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/mixer/metering"
)

func TestMeasureAllocatesNothing(t *testing.T) {
	for _, channels := range []int{1, 2, 6, 64} {
		f := format(48000, channels)
		m := metering.New(f, all)
		block := noise(rand.New(rand.NewPCG(1, 1)), 960*channels)
		var r metering.Reading
		m.Read(&r)
		allocs := testing.AllocsPerRun(400, func() {
			m.Measure(block)
			m.Silence(17)
			m.Read(&r)
			m.Reset()
		})
		if allocs != 0 {
			t.Errorf("%d channels: measuring allocates %v times", channels, allocs)
		}
	}
}
