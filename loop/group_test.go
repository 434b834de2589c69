package loop

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// TestGroupCycleAllocatesNothing: three writers of two formats and a server that reads, and
// the reverse.
func TestGroupCycleAllocatesNothing(t *testing.T) {
	other := audio.Format{Rate: 44100, Channels: 6, Encoding: audio.FloatLE}
	for _, dir := range []pcm.Direction{pcm.Read, pcm.Write} {
		e, _ := bench(t, 0, audio.DefaultFormat())
		l := benchLoop(e, Spec{Clients: Shared})
		s := benchEnd(t, l, pcm.Server, dir, audio.DefaultFormat())
		server := newGroup(l, s)
		e.holds(server)
		ends := []*End{s}
		for _, f := range []audio.Format{audio.DefaultFormat(), other, other} {
			c := benchEnd(t, l, pcm.Client, dir.Opposite(), f)
			ln, err := newMember(l, c, server.group.bus, server.group)
			if err != nil {
				t.Fatal(err)
			}
			e.holds(ln)
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
