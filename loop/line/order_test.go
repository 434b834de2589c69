package line

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// TestOrderOfWrites: when the bell rings, the position, the clock and the delay are those of
// the cycle, and at the end of the stream the frames come before the state, as package wire
// says.
func TestOrderOfWrites(t *testing.T) {
	e, _ := bench(t, 0, audio.DefaultFormat())
	p := e.pair(t, audio.DefaultFormat(), audio.DefaultFormat())
	var tick backend.Tick
	rings := [2]int{}
	ends := [2]*program{p.writer, p.reader}
	for n, end := range ends {
		end.rung = func() {
			rings[n]++
			r := end.End.Ring
			position := uint64(0)
			if n == 0 {
				position = (ring.Writer{Ring: r}).Written() - uint64((ring.Writer{Ring: r}).Queued())
			} else {
				position = (ring.Reader{Ring: r}).Taken() + uint64((ring.Reader{Ring: r}).Avail())
			}
			if r.Clock() != tick.Time || position != tick.Position-480 && r.State() != ring.Ended {
				t.Errorf("end %d rings with the clock %d and position %d in the cycle of %d, %d", n, r.Clock(), position, tick.Time, tick.Position)
			}
			if r.State() == ring.Ended && (position != 5*480+100 || r.Errno() != audio.ErrReset.Errno()) {
				t.Errorf("the stream has ended at %d, errno %d", position, r.Errno())
			}
		}
	}
	w, r := ring.Writer{Ring: ends[0].End.Ring}, ring.Reader{Ring: ends[1].End.Ring}
	w.Write(make([]byte, 4*(5*480+100)))
	for n := range 8 {
		if n == 4 {
			p.Closing.Store(true)
		}
		tick.Position, tick.Time = tick.Position+480, tick.Time+10
		w.WakeAt(tick.Position - 480)
		r.WakeAt(tick.Position - 480)
		e.cycle(tick)
	}
	if rings[0] < 4 || rings[1] < 5 || r.State() != ring.Ended {
		t.Errorf("the bells rang %v times, the reader is %v", rings, r.State())
	}
}
