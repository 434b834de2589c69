package line

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// TestGroupCycleAllocatesNothing: three writers of two formats and a server that reads, and
// the reverse.
func TestGroupCycleAllocatesNothing(t *testing.T) {
	other := audio.Format{Rate: 44100, Channels: 6, Encoding: audio.FloatLE}
	for _, plays := range []bool{false, true} {
		e, _ := bench(t, 0, audio.DefaultFormat())
		l := &Loop{Resets: true}
		s := newProgram(t, audio.DefaultFormat(), true, plays)
		server := NewGroup(e.owner, l, e.Set, &s.End)
		e.Add(server, 0)
		ends := []*program{s}
		for _, f := range []audio.Format{audio.DefaultFormat(), other, other} {
			c := newProgram(t, f, false, !plays)
			ln, err := server.Join(e.owner, &c.End, audio.Positions{})
			if err != nil {
				t.Fatal(err)
			}
			e.Add(ln, 0)
			ends = append(ends, c)
		}
		block, tick := make([]byte, 480*other.FrameBytes()), backend.Tick{}
		if n := testing.AllocsPerRun(500, func() { e.turn(ends, &tick, block) }); n != 0 {
			t.Errorf("a server that plays (%v): %v allocations in a cycle", plays, n)
		}
		for _, end := range ends {
			if end.Moved.Load() < uint64(490*end.Format.Rate/100) || end.Xruns.Bursts.Load() != 0 {
				t.Errorf("a server that plays (%v): an end in %s has moved %d frames, with %d xruns", plays, end.Format, end.Moved.Load(), end.Xruns.Bursts.Load())
			}
		}
	}
}
