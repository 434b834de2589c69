package line

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
)

// tapped is an engine with a session of every kind, whose frames can be tapped.
type tapped struct {
	*engine
	ends  []*program // of the sessions
	lines []*Line    // that count a clock
	taps  []*program
	block []byte
	tick  backend.Tick
}

// newTapped makes sessions whose programs have format f, or other where there are two.
func newTapped(tb testing.TB, f, other audio.Format) *tapped {
	e := still(tb, backendtest.NewClock(backend.Config{Period: 480}))
	w := &tapped{engine: e, block: make([]byte, 480*max(f.FrameBytes(), other.FrameBytes()))}
	for _, from := range []audio.Format{f, other} {
		p := e.pair(tb, from, f)
		w.ends, w.lines = append(w.ends, p.writer, p.reader), append(w.lines, p.Line)
	}
	for _, plays := range []bool{true, false} {
		s := newProgram(tb, f, true, plays)
		server := NewGroup(e.owner, &Loop{Resets: true}, e.Set, &s.End)
		e.Add(server, 0)
		w.ends, w.lines = append(w.ends, s), append(w.lines, server)
		for _, format := range []audio.Format{f, other} {
			c := newProgram(tb, format, false, !plays)
			ln, err := server.Join(e.owner, &c.End, audio.Positions{})
			if err != nil {
				tb.Fatal(err)
			}
			e.Add(ln, 0)
			w.ends = append(w.ends, c)
		}
	}
	for _, plays := range []bool{true, false} {
		s := newProgram(tb, f, true, plays)
		ln := NewLone(e.owner, &Loop{GoesOn: true}, &s.End)
		e.Add(ln, 0)
		w.ends, w.lines = append(w.ends, s), append(w.lines, ln)
	}
	return w
}

// lead makes outlets for a line, in a format.
func (w *tapped) lead(ln *Line, f audio.Format) (all []*Outlet) {
	for _, stage := range []Stage{Heard, Mixed} {
		o := NewOutlet(f, convert.Options{}, w.Set, stage)
		if begin := o.Lead(ln, mixer.Neutral()); begin != nil {
			begin()
		}
		all = append(all, o)
	}
	return all
}

// tap adds a tap.
func (w *tapped) tap(tb testing.TB, o *Outlet, f audio.Format) (*program, *Line) {
	p := newProgram(tb, f, false, false)
	p.Routed = true
	ln, err := NewMember(w.owner, &Loop{}, &p.End, o.Bus(), f.Positions)
	if err != nil {
		tb.Fatal(err)
	}
	w.Add(ln, w.position)
	w.taps = append(w.taps, p)
	return p, ln
}

func (w *tapped) pass() {
	w.turn(append(w.ends[:len(w.ends):len(w.ends)], w.taps...), &w.tick, w.block)
}

func TestOutletsAllocateNothing(t *testing.T) {
	for _, other := range []audio.Format{audio.DefaultFormat(), {Rate: 44100, Channels: 6, Encoding: audio.FloatLE}} {
		w := newTapped(t, audio.DefaultFormat(), other)
		for _, ln := range w.lines {
			for _, o := range w.lead(ln, other) {
				w.tap(t, o, audio.DefaultFormat())
				w.tap(t, o, other)
			}
		}
		ends := append(w.ends[:len(w.ends):len(w.ends)], w.taps...)
		if n := testing.AllocsPerRun(500, func() { w.turn(ends, &w.tick, w.block) }); n != 0 {
			t.Errorf("%s: %v allocations in a cycle", other, n)
		}
		for i, p := range ends {
			if n := p.Xruns.Bursts.Load(); n != 0 || p.Moved.Load() < uint64(490*p.Format.Rate/100) {
				t.Errorf("%s: end %d has moved %d frames, with %d xruns", other, i, p.Moved.Load(), n)
			}
		}
	}
}

// TestOutletIsExact: a tap of the same format has the frames of the session, those of its readers as they are and no
// silence between them, from the first to the last, whoever else taps; and it is on time.
func TestOutletIsExact(t *testing.T) {
	f := audio.DefaultFormat()
	c := backendtest.NewCounter(f)
	for kind, name := range []string{"pair", "pair", "playing server", "recording server"} {
		for stage, what := range []string{"heard", "mixed"} {
			w := newTapped(t, f, f)
			ln := w.lines[kind]
			o := w.lead(ln, f)[stage]
			p, _ := w.tap(t, o, f)
			w.tap(t, o, audio.Format{Rate: 44100, Channels: 1, Encoding: audio.FloatLE})
			last := map[int]uint64{}
			block, heard, next := make([]byte, 480*4), []byte{}, uint64(1)
			for turn := range 300 {
				for i, end := range w.ends {
					w := ring.Writer{Ring: end.End.Ring}
					switch {
					case end.Source == nil:
						r := ring.Reader{Ring: end.End.Ring}
						if n := r.Read(block); n > 0 && i < 7 { // of a reader of w.lines[i/2]
							last[i/2] = c.Number(block[(n-1)*4:])
						}
					case i == 9: // the second client that is mixed is silent: float32 holds the sum
						w.Write(make([]byte, len(block)))
					default:
						c.Fill(block, next)
						w.Write(block)
					}
				}
				next += 480
				w.tick.Position += 480
				w.cycle(w.tick)
				n := (ring.Reader{Ring: p.End.Ring}).Read(block)
				heard = append(heard, block[:n*4]...)
				if turn > 1 && n != 480 {
					t.Fatalf("%s, %s: %d frames in a cycle", name, what, n)
				}
				if turn > 4 && kind < 3 && c.Number(block[479*4:]) != (last[kind]+480)%c.Span() { // read before the cycle
					t.Fatalf("%s, %s: the tap is at %d when the reader was at %d", name, what, c.Number(block[479*4:]), last[kind])
				}
			}
			at := 0
			for at < len(heard) && c.Number(heard[at:]) != 1 {
				at += 4
			}
			if bad, err := c.Check(heard[at:], 1); err != nil || len(heard)-at < 290*480*4 {
				t.Errorf("%s, %s: %d bytes, %d: %v", name, what, len(heard)-at, bad, err)
			}
		}
	}
}

// TestOutletWithoutTaps: an engine whose last tap has gone has nothing but its sessions, and the outlet nothing to do.
func TestOutletWithoutTaps(t *testing.T) {
	f := audio.DefaultFormat()
	w := newTapped(t, f, f)
	before := w.count
	o := w.lead(w.lines[0], f)[0]
	if w.pass(); w.count != before || o.list != nil || o.filled != 0 {
		t.Errorf("%d lines, before %d; %d frames", w.count, before, o.filled)
	}
	_, first := w.tap(t, o, f)
	_, second := w.tap(t, o, f)
	w.pass()
	if w.Remove(first); o.list == nil || w.count != before+2 {
		t.Errorf("%d lines with a tap, before %d", w.count, before)
	}
	if w.Remove(second); o.list != nil || w.count != before {
		t.Errorf("%d lines, before %d", w.count, before)
	}
	w.taps = nil
	w.pass()
	p, _ := w.tap(t, o, f)
	for range 10 {
		w.pass()
	}
	if w.Drop(); w.count != 0 || p.Moved.Load() != 4800 {
		t.Errorf("%d lines are left, %d frames came", w.count, p.Moved.Load())
	}
}

// BenchmarkTapped is BenchmarkCycle with a tap for each pair.
func BenchmarkTapped(b *testing.B) {
	const n = 200
	e, lines := bench(b, n, audio.DefaultFormat())
	w := &tapped{engine: e}
	for _, ln := range lines {
		o := w.lead(ln.Line, audio.DefaultFormat())[0]
		w.tap(b, o, audio.DefaultFormat())
	}
	block := make([]byte, 480*4)
	b.ReportAllocs()
	for b.Loop() {
		for i, ln := range lines {
			(ring.Writer{Ring: ln.writer.End.Ring}).Write(block)
			(ring.Reader{Ring: ln.reader.End.Ring}).Read(block)
			(ring.Reader{Ring: w.taps[i].End.Ring}).Read(block)
		}
		w.tick.Position += 480
		e.cycle(w.tick)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/pair")
}
