package loop

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// still is an engine without a goroutine, whose cycle the test calls.
func still(tb testing.TB, s backend.Stream, p device.Ports) *Engine {
	e, err := newEngine("still", s, EngineOptions{Ports: p})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// holds gives it a line.
func (e *Engine) holds(ln *line) { e.listOf(ln).push(ln) }

// bench is an engine without a goroutine, with n running pairs on it. Its clock is never asked.
func bench(tb testing.TB, n int, f audio.Format) (*Engine, []*line) {
	e := still(tb, backendtest.NewClock(backend.Config{Period: 480}), device.Ports{})
	var lines []*line
	for range n {
		l := benchLoop(e, Spec{})
		ln, err := newPair(l, benchEnd(tb, l, pcm.Client, pcm.Write, f), benchEnd(tb, l, pcm.Server, pcm.Read, f))
		if err != nil {
			tb.Fatal(err)
		}
		e.holds(ln)
		lines = append(lines, ln)
	}
	return e, lines
}

// benchLoop is a loop of an engine, in the usual format.
func benchLoop(e *Engine, spec Spec) *Loop {
	spec.Format, spec.Name, spec.Buffer, spec.Period = audio.DefaultFormat(), "loop0", pcm.DefaultBuffer, pcm.DefaultPeriod
	return newLoop(NewPatchbay(), e, spec, nil)
}

func benchEnd(tb testing.TB, l *Loop, role pcm.Role, d pcm.Direction, f audio.Format) *End {
	end, err := l.newEnd(pcm.Options{Role: role}, d, f, &localHost{bell: make(chan struct{}, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	return end
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
			w, r := ring.Writer{Ring: ln.writer.ring}, ring.Reader{Ring: ln.reader.ring}
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
	if lines[1].writer.xruns.frames.Load() == 0 || lines[2].reader.xruns.frames.Load() == 0 || lines[0].loop.frames.Load() == 0 {
		t.Error("the cycle did not come across what it should have")
	}
}

// TestBurstOutlivesALateCycle: a writer that stays away has one xrun, however often the engine is
// late meanwhile.
func TestBurstOutlivesALateCycle(t *testing.T) {
	e, lines := bench(t, 1, audio.DefaultFormat())
	ln, block, tick := lines[0], make([]byte, 480*4), backend.Tick{}
	cycle := func(frames uint64, written bool) {
		if written {
			(ring.Writer{Ring: ln.writer.ring}).Write(block)
		}
		tick.Position += frames
		e.cycle(tick)
		(ring.Reader{Ring: ln.reader.ring}).Read(block)
	}
	bursts := func(want uint64) {
		t.Helper()
		if got := ln.writer.xruns.bursts.Load(); got != want {
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
					(ring.Writer{Ring: ln.writer.ring}).Write(block)
					(ring.Reader{Ring: ln.reader.ring}).Read(block)
				}
				tick.Position += 480
				e.cycle(tick)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(pairs.n), "ns/pair")
		})
	}
}
