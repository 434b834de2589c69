package line

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/servo"
)

// routed is an engine with a device that records and plays, and routes from the one to the other.
func routed(tb testing.TB, n int, far *servo.Published, moves servo.Side) *engine {
	config := backend.Config{Play: true, Record: true, Format: audio.DefaultFormat(), Period: 480, Periods: 4}
	e := still(tb, sponge{backendtest.NewClock(config), config.Format.FrameBytes()})
	for range n {
		f := e.Recorded.Format()
		from, to := newProgram(tb, f, false, false), newProgram(tb, f, false, true)
		from.Routed, to.Routed = true, true
		l := &Loop{}
		for _, m := range []struct {
			end *program
			bus *Bus
		}{{from, e.Recorded}, {to, e.Played}} {
			ln, err := NewMember(e.owner, l, &m.end.End, m.bus, audio.Positions{})
			if err != nil {
				tb.Fatal(err)
			}
			e.Add(ln, 0)
		}
		b, err := NewBridge(BridgeOptions{
			From: &from.End, To: f, Clock: far, Moves: moves, Latency: 1200, Setting: mixer.Neutral(), Status: &BridgeStatus{},
		})
		if err != nil {
			tb.Fatal(err)
		}
		e.Add(NewRoute(e.owner, l, b, &to.End), 0)
	}
	return e
}

// pass runs a cycle of a device that is on time.
func (e *engine) pass() {
	at := e.position + 480
	e.cycle(backend.Tick{Position: at, Time: 1e12 + int64(at)*1e9/48000, Readable: 480, Writable: 480})
}

// drifting returns the clock of a device that is 0.1 % slow, and a function that lets a period of it pass.
func drifting() (far *servo.Published, pass func()) {
	far, clock, position := &servo.Published{}, servo.NewClock(48000), int64(0)
	return far, func() {
		position += 480
		clock.Observe(position, 1e12+position*1e9/48000*1000/999)
		e := clock.Estimate()
		far.Store(&e)
	}
}

func TestRoutesAllocateNothing(t *testing.T) {
	far, further := drifting()
	for what, c := range map[string]struct {
		clock *servo.Published
		moves servo.Side
	}{"one clock": {}, "two clocks": {clock: far}, "two clocks, by pitch": {far, servo.Sink}} {
		e := routed(t, 8, c.clock, c.moves)
		cycles := 0
		pass := func() {
			further()
			if cycles++; cycles%20 == 0 {
				e.Steer(0.999, 0.999)
			}
			e.pass()
		}
		for range 1000 {
			pass()
		}
		if n := testing.AllocsPerRun(500, pass); n != 0 {
			t.Errorf("%s: a cycle allocates %v times", what, n)
		}
		for ln := e.routes.first; ln != nil; ln = ln.next {
			if b := ln.kind.(*route).bridge; !b.flowing {
				t.Errorf("%s: nothing flows: %+v", what, b.servo)
			}
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	for _, name := range []string{"one_clock", "two_clocks"} {
		b.Run(name, func(b *testing.B) {
			const routes = 16
			far, further := drifting()
			if name == "one_clock" {
				far = nil
			}
			e := routed(b, routes, far, servo.Neither)
			for range 1000 {
				further()
				e.pass()
			}
			b.ReportAllocs()
			for b.Loop() {
				further()
				e.pass()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*routes), "ns/route")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*routes)/10e6*100, "%core/route")
		})
	}
}
