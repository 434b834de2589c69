package line

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// TestEndMetersAllocateNothingAndRest: meters of ends allocate nothing in the cycle, even with a
// converter; they measure while a program looks, and for ten seconds after.
func TestEndMetersAllocateNothingAndRest(t *testing.T) {
	for _, f := range []audio.Format{audio.DefaultFormat(), {Rate: 48000, Channels: 6, Encoding: audio.FloatLE}} {
		e, lines := bench(t, 1, f)
		ln := lines[0]
		for _, end := range []*program{ln.writer, ln.reader} {
			if end.watched() != nil {
				t.Error("it measures although nobody has looked")
			}
			end.Meter.Store(NewMeter(f, end.Source != nil))
		}
		look := func() {
			for _, end := range []*program{ln.writer, ln.reader} {
				end.Meter.Load().left.Store(int64(meterLooked * f.Rate))
			}
		}
		block := make([]byte, 480*f.FrameBytes())
		tick := backend.Tick{}
		turn := func() {
			(ring.Writer{Ring: ln.writer.End.Ring}).Write(block)
			(ring.Reader{Ring: ln.reader.End.Ring}).Read(block)
			tick.Position += 480
			e.cycle(tick)
		}
		if n := testing.AllocsPerRun(500, func() { look(); turn() }); n != 0 {
			t.Errorf("%s: %v allocations in a cycle", f, n)
		}
		look()
		for range 100*meterLooked - 1 {
			turn()
		}
		if ln.writer.watched() == nil || ln.reader.watched() == nil {
			t.Errorf("%s: it no longer measures, less than %d s after the look", f, meterLooked)
		}
		for range 10 {
			turn()
		}
		if ln.writer.watched() != nil || ln.reader.watched() != nil {
			t.Errorf("%s: it still measures, %d s after the look", f, meterLooked)
		}
	}
}
