package audio

import "testing"

// Channels are rearranged in the engine's cycle.
func TestOrderAllocates(t *testing.T) {
	for _, e := range Encodings() {
		f := Format{Rate: 48000, Channels: 6, Encoding: e, Positions: PositionsOf(FrontLeft, FrontRight, FrontCentre, LowFrequency, RearLeft, RearRight)}
		o := NewOrder(f, DefaultPositions(6))
		src, dst := make([]byte, 100*f.FrameBytes()), make([]byte, 100*f.FrameBytes())
		if n := testing.AllocsPerRun(10, func() { o.Apply(dst, src); o.Apply(src, src) }); o.IsZero() || n > 0 {
			t.Errorf("%s: allocates %v times", e, n)
		}
	}
}
