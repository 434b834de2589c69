package loop_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// durations is a histogram as a test compares it.
type durations struct {
	sum    time.Duration
	counts map[time.Duration]uint64 // by the upper bound of a bucket; 0: above all
}

func load(h *loop.Histogram) durations {
	counts, sum := h.Load()
	d := durations{time.Duration(sum), map[time.Duration]uint64{}}
	for i, n := range counts {
		switch {
		case n == 0:
		case i == loop.Buckets:
			d.counts[0] = n
		default:
			d.counts[time.Duration(loop.Bound(i))] = n
		}
	}
	return d
}

// TestTiming: an engine counts how late it wakes up, and how long its cycles take, and does not count wake-ups
// that are none of the clock. Every write of this device takes 3 ms, and nobody gives those back.
func TestTiming(t *testing.T) {
	clock := backendtest.NewClock(backend.Config{Play: true})
	var spent atomic.Int64
	e, err := loop.NewEngineWith("card", clock, loop.EngineOptions{Now: func() int64 { return clock.Now() + spent.Load() }})
	if err != nil {
		t.Fatal(err)
	}
	bay := loop.NewPatchbay()
	t.Cleanup(func() { bay.Close(); e.Close() })
	if err := bay.AddDevice(e); err != nil {
		t.Fatal(err)
	}
	if err := bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play}, e); err != nil {
		t.Fatal(err)
	}
	if e.Ticks() {
		t.Error("its clock runs, and nobody needs it")
	}
	p, err := bay.Open(t.Context(), "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(t.Context(), constant(1, 20*period)); err != nil {
		t.Fatal(err)
	}
	clock.Settle()
	if !e.Ticks() {
		t.Error("its clock rests")
	}
	before := load(&e.Timing().Cycle).counts[time.Microsecond] // of wake-ups
	clock.OnPlay(func([]byte, uint64) { spent.Add(int64(3 * time.Millisecond)) })
	clock.Advance(3 * period)
	clock.Jump(period + period/2) // 5 ms too late, and the 9 ms of the cycles before
	late, cycle := load(&e.Timing().Late), load(&e.Timing().Cycle)
	if want := (0 + 3 + 6 + 14) * time.Millisecond; late.sum != want || len(late.counts) != 4 || late.counts[time.Microsecond] != 1 ||
		late.counts[4096*time.Microsecond] != 1 || late.counts[8192*time.Microsecond] != 1 || late.counts[16384*time.Microsecond] != 1 {
		t.Errorf("late %+v", late)
	}
	if cycle.sum != 12*time.Millisecond || cycle.counts[4096*time.Microsecond] != 4 || cycle.counts[time.Microsecond] != before {
		t.Errorf("cycles %+v", cycle)
	}
	if e.Moved(audio.Play) != 4*period || e.Moved(audio.Record) != 0 {
		t.Errorf("%d and %d frames", e.Moved(audio.Play), e.Moved(audio.Record))
	}
	p.Abandon()
	clock.Fail(audio.ErrGone)
	for e.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if e.Ticks() {
		t.Error("its clock runs, and it has failed")
	}
}

// Nothing is measured where the clock of the ticks is not known.
func TestTimingWithoutClock(t *testing.T) {
	c := newCard(t, true, false)
	c.play(c.client("speaker", pcm.Write), constant(1, 4*period))
	c.clock.Advance(3 * period)
	if late, cycle := load(&c.engine.Timing().Late), load(&c.engine.Timing().Cycle); len(late.counts)+len(cycle.counts) != 0 {
		t.Errorf("%+v %+v", late, cycle)
	}
}
