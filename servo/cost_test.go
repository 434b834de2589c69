package servo_test

import (
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/servo"
)

// cycles returns a function that is a cycle of a sink: one pair, and a step.
func cycles() func() {
	c, v := servo.NewClock(48000), servo.New(960)
	var frames, at int64
	return func() {
		frames, at = frames+480, at+1e7
		c.Observe(frames, at)
		e := c.Estimate()
		v.Step(at, &e, &e, servo.Mark{Sink: frames, Source: frames - 960})
	}
}

func TestNothingIsAllocated(t *testing.T) {
	var published servo.Published
	c := servo.NewClock(48000)
	cycle := cycles()
	p := servo.NewStepper(1e-5, -100, 100, 1e8)
	var at int64
	n := testing.AllocsPerRun(5000, func() {
		cycle()
		at += 1e7
		c.Observe(at/1e7*480, at)
		e := c.Estimate()
		published.Store(&e)
		published.Load(&e)
		p.Step(at, 1.00001)
	})
	if n != 0 {
		t.Errorf("%v allocations in a cycle", n)
	}
}

// TestPublished has readers that must never see half of an estimate.
func TestPublished(t *testing.T) {
	var p servo.Published
	var e servo.Estimate
	if p.Load(&e) {
		t.Error("there is an estimate before the first one")
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			var e servo.Estimate
			last := int64(0)
			for {
				if p.Load(&e) {
					n := e.Line.Frames
					if e.Line.At != n || e.Seen != n || e.Steps != uint64(n) || e.Epoch != uint64(n) ||
						e.Spread != float64(n) || e.Locked != (n%2 == 0) || e.Measured != (n%3 == 0) ||
						!e.Started || n < last {
						t.Errorf("%+v after %d", e, last)
						return
					}
					last = n
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	stores := int64(100000)
	if raced {
		stores /= 10
	}
	for n := range stores {
		e := servo.Estimate{Nominal: 1, Line: servo.Line{Frames: n, At: n}, Seen: n, Steps: uint64(n), Epoch: uint64(n),
			Spread: float64(n), Started: true, Locked: n%2 == 0, Measured: n%3 == 0}
		p.Store(&e)
		for range 20 { // or readers would hardly ever find it at rest
			p.Load(&e)
		}
	}
	close(done)
	wg.Wait()
	want := servo.Estimate{Nominal: 48000, Line: servo.Line{Frames: -5, At: 7, Phase: 0.25, Slope: -1e-4}, Sigma: 1e-7,
		Spread: 3, Jitter: 4, Steered: -5, Meant: -6, Seen: 6, LockedAt: 8, Steps: 9, Epoch: 10, Measured: true}
	p.Store(&want)
	if !p.Load(&e) || e != want {
		t.Errorf("%+v, want %+v", e, want)
	}
}

func BenchmarkCycle(b *testing.B) {
	cycle := cycles()
	b.ReportAllocs()
	for b.Loop() {
		cycle()
	}
}

func BenchmarkPublish(b *testing.B) {
	var p servo.Published
	e := servo.Estimate{Nominal: 48000}
	b.ReportAllocs()
	for b.Loop() {
		p.Store(&e)
		p.Load(&e)
	}
}
