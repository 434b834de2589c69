package loop

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// bellHost calls a function for each ring of the bell.
type bellHost struct {
	localHost
	rung func()
}

func (h *bellHost) Ring() { h.rung() }

// TestOrderOfWrites: when the bell rings, the position, the clock and the delay are those of
// the cycle, and at the end of the stream the frames come before the state, as package wire
// says.
func TestOrderOfWrites(t *testing.T) {
	e, _ := bench(t, 0, audio.DefaultFormat())
	l := benchLoop(e, Spec{})
	var tick backend.Tick
	rings := [2]int{}
	var ends [2]*End
	host := func(n int) Host {
		h := &bellHost{}
		h.rung = func() {
			rings[n]++
			r := ends[n].ring
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
		return h
	}
	for n, o := range []pcm.Options{{Role: pcm.Client}, {Role: pcm.Server}} {
		end, err := l.newEnd(o, []pcm.Direction{pcm.Write, pcm.Read}[n], audio.DefaultFormat(), host(n))
		if err != nil {
			t.Fatal(err)
		}
		ends[n] = end
	}
	ln, err := newPair(l, ends[0], ends[1])
	if err != nil {
		t.Fatal(err)
	}
	e.holds(ln)
	w, r := ring.Writer{Ring: ends[0].ring}, ring.Reader{Ring: ends[1].ring}
	w.Write(make([]byte, 4*(5*480+100)))
	for n := range 8 {
		if n == 4 {
			ln.closing.Store(true)
		}
		tick.Position, tick.Time = tick.Position+480, tick.Time+10
		w.WakeAt(tick.Position - 480)
		r.WakeAt(tick.Position - 480)
		_ = e.cycle(tick)
	}
	if rings[0] < 4 || rings[1] < 5 || r.State() != ring.Ended {
		t.Errorf("the bells rang %v times, the reader is %v", rings, r.State())
	}
}
