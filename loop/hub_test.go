package loop

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// TestHubCycleAllocatesNothing: three writers of two formats and a server that reads, and
// the reverse.
func TestHubCycleAllocatesNothing(t *testing.T) {
	other := audio.Format{Rate: 44100, Channels: 6, Encoding: audio.FloatLE}
	for _, dir := range []pcm.Direction{pcm.Read, pcm.Write} {
		e, _ := bench(t, 0, audio.DefaultFormat())
		l := newLoop(NewPatchbay(), e, Spec{Format: audio.DefaultFormat(), Name: "loop0", Buffer: pcm.DefaultBuffer, Period: pcm.DefaultPeriod, Clients: Shared}, nil)
		open := func(role pcm.Role, d pcm.Direction, f audio.Format) *End {
			end, err := l.newEnd(pcm.Options{Role: role}, d, f, &localHost{bell: make(chan struct{}, 1)})
			if err != nil {
				t.Fatal(err)
			}
			return end
		}
		s := open(pcm.Server, dir, audio.DefaultFormat())
		hub := newHub(l, s)
		e.lines, hub.listed = hub, true
		ends := []*End{s}
		for _, f := range []audio.Format{audio.DefaultFormat(), other, other} {
			c := open(pcm.Client, dir.Opposite(), f)
			w, r := c.ends(nil)
			tap, err := newLine(l, w, r, hub)
			if err != nil {
				t.Fatal(err)
			}
			tap.next, tap.listed, hub.hub.taps = hub.hub.taps, true, tap
			if tap.next != nil {
				tap.next.prev = tap
			}
			ends = append(ends, c)
		}
		block, tick := make([]byte, 480*other.FrameBytes()), backend.Tick{}
		if n := testing.AllocsPerRun(500, func() {
			for _, end := range ends {
				part := block[:end.format.Rate/100*end.format.FrameBytes()]
				if end.dir == pcm.Write {
					(ring.Writer{Ring: end.ring}).Write(part)
				} else {
					(ring.Reader{Ring: end.ring}).Read(part)
				}
			}
			tick.Position += 480
			_ = e.cycle(tick)
		}); n != 0 {
			t.Errorf("a server that %ss: %v allocations in a cycle", dir, n)
		}
		for _, end := range ends {
			if end.moved.Load() < uint64(490*end.format.Rate/100) || end.xruns.bursts.Load() != 0 {
				t.Errorf("a server that %ss: an end in %s has moved %d frames, with %d xruns", dir, end.format, end.moved.Load(), end.xruns.bursts.Load())
			}
		}
	}
}
