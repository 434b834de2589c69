package route_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
)

// card is a device whose clock is faster than nominal by ppm.
type card struct {
	*backendtest.Clock
	engine *loop.Engine
	ppm    float64
	ticks  int64
	jitter *rand.Rand
	rms    float64 // ns
}

const begin = 1e12

// next returns the true time of the next tick, in ns.
func (c *card) next() float64 {
	nominal := float64(period) * 1e9 / float64(c.Granted().Format.Rate)
	return begin + float64(c.ticks+1)*nominal/(1+c.ppm*1e-6)
}

// tick lets the next period pass. The time that the engine sees is late by a random part.
func (c *card) tick() {
	at := c.next() + c.rms*c.jitter.ExpFloat64()
	c.ticks++
	nominal := float64(period) * 1e9 / float64(c.Granted().Format.Rate)
	c.SetBase(int64(at - float64(c.ticks)*nominal))
	c.Advance(period)
}

// world is two cards and a patchbay.
type world struct {
	*testing.T
	bay   *loop.Patchbay
	board *route.Board
	cards []*card
}

func newWorld(t *testing.T, ppm ...float64) *world {
	w := &world{T: t, bay: loop.NewPatchbay()}
	for i, p := range ppm {
		clock := backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period})
		clock.SetBase(begin)
		name := string(rune('a' + i))
		c := &card{Clock: clock, engine: loop.NewEngine(name, clock), ppm: p,
			jitter: rand.New(rand.NewPCG(1, uint64(i))), rms: 0.2e6}
		if err := w.bay.AddDevice(c.engine); err != nil {
			t.Fatal(err)
		}
		w.cards = append(w.cards, c)
	}
	w.board = route.NewBoard(w.bay)
	return w
}

func (w *world) close() {
	w.board.Close()
	w.bay.Close()
	for _, c := range w.cards {
		c.engine.Close()
	}
}

// run lets s seconds pass.
func (w *world) run(s float64) {
	var now, end float64
	for _, c := range w.cards {
		now = max(now, c.next())
	}
	for end = now + s*1e9; ; {
		first := w.cards[0]
		for _, c := range w.cards {
			if c.next() < first.next() {
				first = c
			}
		}
		if first.next() > end {
			return
		}
		first.tick()
		synctest.Wait()
	}
}

// TestRouteBetweenClocks: the resampler follows the difference of two clocks.
func TestRouteBetweenClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100, -50)
		defer w.close()
		r, err := w.board.Add(route.Spec{Name: "bridge", From: "a", To: "b", Setting: mixer.Neutral()})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for range 30 {
			w.run(1)
			s := r.Status()
			t.Logf("%s %s ppm %.3f latency %.2f of %.1f, missing %d, resyncs %d %v", s.State, s.Servo.State, s.Servo.PPM(), s.Servo.Latency, s.Servo.Target, s.Missing, s.Servo.Resyncs, s.Servo.Reason)
		}
	})
}
