package line

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// engine is a device and its lines, whose cycle the test calls.
type engine struct {
	*Set
	device   *device.Device
	stream   backend.Stream
	position uint64
	owner    ignoringOwner
}

// ignoringOwner is never told anything, because no reporter runs.
type ignoringOwner struct{}

func (ignoringOwner) Found(Finding) {}

// still is an engine on a stream, whose clock is never asked.
func still(tb testing.TB, s backend.Stream) *engine {
	d, err := device.New(s, device.Ports{}, func(f func()) func() { f(); return func() {} })
	if err != nil {
		tb.Fatal(err)
	}
	return &engine{Set: NewSet(d, 48000, 480), device: d, stream: s}
}

// cycle is that of a loop.Engine.
func (e *engine) cycle(t backend.Tick) {
	late := t.Position-e.position > 2*480
	e.position = t.Position
	_ = e.device.Record(e.stream, t.Readable)
	e.Begin(t, late || t.Freewheel)
	e.device.Begin(t.Writable)
	e.Play()
	_ = e.device.Play(e.stream, t.Position, 48000)
}

// program is an end of a program with the usual buffer, and a bell that is heard.
type program struct {
	End
	rung func()
}

func (p *program) Ring() {
	if p.rung != nil {
		p.rung()
	}
}

func newProgram(tb testing.TB, f audio.Format, server, plays bool) *program {
	spec := ring.Spec{Format: f, Capacity: f.Rate * 34 / 100, Playback: plays}
	r, err := ring.New(ring.Memory(spec.Bytes()), spec)
	if err != nil {
		tb.Fatal(err)
	}
	p := &program{End: End{Format: f, Period: f.Rate / 100, Buffer: spec.Capacity, Ring: r, Server: server}}
	if p.Bell = p; plays {
		p.Source = ring.NewSource(r)
	} else {
		p.Sink = ring.NewSink(r)
	}
	return p
}

// pairOf is a client that plays to a server.
type pairOf struct {
	*Line
	loop           *Loop
	writer, reader *program
}

func (e *engine) pair(tb testing.TB, from, to audio.Format) pairOf {
	p := pairOf{loop: &Loop{Resets: true}, writer: newProgram(tb, from, false, true), reader: newProgram(tb, to, true, false)}
	var err error
	if p.Line, err = NewPair(e.owner, p.loop, &p.writer.End, &p.reader.End); err != nil {
		tb.Fatal(err)
	}
	e.Add(p.Line, 0)
	return p
}

// bench is an engine with n pairs.
func bench(tb testing.TB, n int, f audio.Format) (e *engine, pairs []pairOf) {
	e = still(tb, backendtest.NewClock(backend.Config{Period: 480}))
	for range n {
		pairs = append(pairs, e.pair(tb, f, f))
	}
	return e, pairs
}

// TestCycleAllocatesNothing covers a line in order, one whose writer is dry, one
// whose reader is full, and late ticks.
func TestCycleAllocatesNothing(t *testing.T) {
	e, lines := bench(t, 4, audio.DefaultFormat())
	block := make([]byte, 480*4)
	tick := backend.Tick{}
	turn := 0
	if n := testing.AllocsPerRun(2000, func() {
		for i, ln := range lines {
			w, r := ring.Writer{Ring: ln.writer.End.Ring}, ring.Reader{Ring: ln.reader.End.Ring}
			if i != 1 {
				w.Write(block)
			}
			if i != 2 {
				r.WakeAt(r.Taken() + 480)
				r.Read(block)
			}
		}
		turn++
		tick.Position += 480
		if turn%100 == 0 {
			tick.Position += 48000
		}
		e.cycle(tick)
		for ln := e.reports.Swap(nil); ln != nil; { // as the reporter does
			next := ln.reported
			ln.findings.Swap(0)
			ln = next
		}
	}); n != 0 {
		t.Errorf("%v allocations in a cycle", n)
	}
	if lines[1].writer.Xruns.Frames.Load() == 0 || lines[2].reader.Xruns.Frames.Load() == 0 || lines[0].loop.Frames.Load() == 0 {
		t.Error("the cycle did not come across what it should have")
	}
}

// TestBurstOutlivesALateCycle: a writer that stays away has one xrun, however often the engine is
// late during it.
func TestBurstOutlivesALateCycle(t *testing.T) {
	e, lines := bench(t, 1, audio.DefaultFormat())
	ln, block, tick := lines[0], make([]byte, 480*4), backend.Tick{}
	cycle := func(frames uint64, written bool) {
		if written {
			(ring.Writer{Ring: ln.writer.End.Ring}).Write(block)
		}
		tick.Position += frames
		e.cycle(tick)
		(ring.Reader{Ring: ln.reader.End.Ring}).Read(block)
	}
	bursts := func(want uint64) {
		t.Helper()
		if got := ln.writer.Xruns.Bursts.Load(); got != want {
			t.Errorf("%d bursts, want %d", got, want)
		}
	}
	for range 5 {
		cycle(480, true)
	}
	for range 5 {
		cycle(480, false)
	}
	bursts(1)
	for range 3 {
		cycle(4800, false) // the engine is late
		cycle(480, false)
	}
	bursts(1)
	cycle(480, true)
	cycle(480, true)
	cycle(480, false)
	cycle(480, false)
	bursts(2)
}

// BenchmarkCycle is one pair for one 10 ms cycle, both programs included.
func BenchmarkCycle(b *testing.B) {
	for _, pairs := range []struct {
		name string
		n    int
	}{{"1", 1}, {"200", 200}} {
		b.Run(pairs.name, func(b *testing.B) {
			e, lines := bench(b, pairs.n, audio.DefaultFormat())
			block := make([]byte, 480*4)
			tick := backend.Tick{}
			b.ReportAllocs()
			for b.Loop() {
				for _, ln := range lines {
					(ring.Writer{Ring: ln.writer.End.Ring}).Write(block)
					(ring.Reader{Ring: ln.reader.End.Ring}).Read(block)
				}
				tick.Position += 480
				e.cycle(tick)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(pairs.n), "ns/pair")
		})
	}
}
