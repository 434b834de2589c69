package route_test

import (
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/servo"
)

// pitch is a control in steps of 10 ppm that really makes the clock of its card faster.
type pitch struct {
	steps   atomic.Int64
	changes atomic.Int64
	dead    atomic.Bool // it can be set, and moves nothing
	failure atomic.Pointer[error]

	away     atomic.Bool // another device stands in
	switches chan backend.Switch
}

func newPitch() *pitch { return &pitch{switches: make(chan backend.Switch, 4)} }

func (p *pitch) factor() float64 {
	if p.dead.Load() || p.away.Load() {
		return 1
	}
	return 1 + 1e-5*float64(p.steps.Load())
}

// PitchRange implements backend.Pitch.
func (p *pitch) PitchRange() backend.PitchRange {
	return backend.PitchRange{Unit: 1e-5, Least: -20000, Most: 20000}
}

// SetPitch implements backend.Pitch.
func (p *pitch) SetPitch(steps int) error {
	if err := p.failure.Load(); err != nil {
		return *err
	}
	if p.steps.Swap(int64(steps)) != int64(steps) {
		p.changes.Add(1)
	}
	return nil
}

// stand lets another device stand in, or not any more.
func (p *pitch) stand(in bool) {
	p.away.Store(in)
	s := backend.Switch{From: "null", To: "card"}
	if in {
		s = backend.Switch{From: "card", To: "null", Err: audio.ErrGone}
	}
	p.switches <- s
}

// tuned is the stream of a card with a pitch control, which may go.
type tuned struct {
	*backendtest.Clock
	pitch *pitch
}

// Pitch implements backend.Pitcher.
func (t tuned) Pitch() backend.Pitch {
	if t.pitch.away.Load() {
		return nil
	}
	return t.pitch
}

// Device implements backend.Switcher.
func (t tuned) Device() string {
	if t.StandsIn() {
		return "null"
	}
	return "card"
}

// StandsIn implements backend.Switcher.
func (t tuned) StandsIn() bool { return t.pitch.away.Load() }

// Switches implements backend.Switcher.
func (t tuned) Switches() <-chan backend.Switch { return t.pitch.switches }

// numbered is a route that carries the numbered frames of a card to another one.
type numbered struct {
	*world
	*route.Route
	counter  backendtest.Counter
	size     int
	from, to *card
	heard    []byte
	worst    float64 // error of the latency, in frames, since settled
	settled  bool
	ahead    int // the period of the sink
}

func (w *world) numbered(s route.Spec, from, to int) *numbered {
	w.Helper()
	n := &numbered{world: w, from: w.cards[from], to: w.cards[to]}
	f := n.from.Granted().Format
	n.counter, n.size = backendtest.NewCounter(f), f.FrameBytes()
	n.from.Feed(n.counter.Fill)
	n.to.OnPlay(func(block []byte, _ uint64) {
		n.heard = append(n.heard, block...)
		if !n.settled {
			return
		}
		// What is read in this cycle is played in the next period, but for a frame.
		at := n.counter.Number(block[len(block)-n.size:])
		late := n.from.position(n.to.at) + float64(n.ahead) - 2 - float64(at) - n.Status().Servo.Target
		late = math.Remainder(late, float64(n.counter.Span()))
		n.worst = max(n.worst, math.Abs(late))
	})
	var err error
	if n.Route, err = w.board.Add(s); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
	return n
}

// exact fails unless the route has been following by pitch, at its latency, and every frame came once.
func (n *numbered) exact(least float64) {
	n.Helper()
	s := n.Status()
	n.Logf("%s, %s by %s of %s, %+.0f ppm; ratio %+.3f ppm, latency %.2f of %.0f, at worst %.2f off, %d resyncs (%v), %d missing",
		s.State, s.Servo.State, s.Actuator, s.Moves, s.PPM, s.Servo.PPM(), s.Servo.Latency, s.Servo.Target, n.worst,
		s.Servo.Resyncs, s.Servo.Reason, s.Missing)
	if s.State != route.Flowing || s.Actuator != route.ByPitch || s.Servo.State != servo.Locked || s.Servo.Resyncs > 0 || s.Missing > 0 {
		n.Error("it is not locked by pitch")
	}
	if n.worst > 3 {
		n.Errorf("the latency is %.2f frames off", n.worst)
	}
	contiguous(n.T, n.counter, n.heard, n.size, int(least*48000))
}

// TestPitch: the clock of the source, or else of the sink, follows the other one, and every frame is played as it is,
// at the latency that was asked for. Then the control is at its centre.
func TestPitch(t *testing.T) {
	long(t)
	for pitched, all := range map[string][][]float64{
		"a": {{100, 0}, {-100, 0}, {300, 0}, {-300, 0}}, "b": {{100, 0}, {-300, 0}}, "ab": {{-103, 204}},
	} {
		for _, ppm := range all {
			synctest.Test(t, func(t *testing.T) {
				w := newTuned(t, pitched, ppm...)
				defer w.close()
				s := spec("bridge", "a", "b")
				s.Drift = route.Pitch
				n := w.numbered(s, 0, 1)
				w.run(20)
				n.ahead, _ = n.to.Period()
				n.settled = true
				w.run(40)
				n.exact(55)
				moved, other, sign := n.from, n.to, 1.0
				if pitched == "b" {
					moved, other, sign = n.to, n.from, -1
				}
				want := sign * (ppm[1] - ppm[0])
				if got := float64(moved.pitch.steps.Load()) * 10; math.Abs(got-want) > 20 || n.Status().PPM != got {
					t.Errorf("it is moved by %.0f ppm, want %.0f; it says %.0f", got, want, n.Status().PPM)
				}
				t.Logf("%v of %s: the control was changed %d times", ppm, pitched, moved.pitch.changes.Load())
				if moved.pitch.changes.Load() > 60*5+1 || other.pitch != nil && other.pitch.changes.Load() > 0 {
					t.Error("a control was changed too often")
				}
				w.remove("bridge")
				if at := moved.pitch.steps.Load(); at != 0 {
					t.Errorf("at the end the control is at %d", at)
				}
			})
		}
	}
}

// remove removes a route while time passes.
func (w *world) remove(name string) {
	w.Helper()
	done := make(chan error)
	go func() { done <- w.board.Remove(name) }()
	w.run(0.1)
	if err := <-done; err != nil {
		w.Error(err)
	}
}

// TestPitchIsMovedOnce: what one route moves no other one does: it is refused, or resamples, and nothing that it
// follows is rough.
func TestPitchIsMovedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTuned(t, "a", 113, 0, -50)
		defer w.close()
		first, second, third := spec("first", "a", "b"), spec("second", "a", "c"), spec("third", "a", "c")
		first.Drift, second.Drift = route.Pitch, route.Pitch
		n := w.numbered(first, 0, 1)
		if _, err := w.board.Add(second); !errors.Is(err, audio.ErrBusy) ||
			!strings.Contains(err.Error(), "second: the clock of a is moved by the route first; use drift") {
			t.Errorf("%v", err)
		}
		r, err := w.board.Add(third)
		if err != nil {
			t.Fatal(err)
		}
		w.run(60)
		n.exact(55)
		s := r.Status()
		if s.Actuator != route.ByResampler || s.Why == nil || s.Servo.State != servo.Locked || s.Servo.Unlocks > 1 || s.Servo.Resyncs > 0 ||
			math.Abs(s.Servo.PPM()-50) > 1 || math.Abs(s.Servo.Error()) > 1 {
			t.Errorf("%+v", s)
		}
		t.Logf("the other: %s, %v, %+v", s.Actuator, s.Why, s.Servo)
		w.remove("first")
		if _, err := w.board.Add(second); err != nil { // it takes over from what nobody has booked
			t.Error(err)
		}
	})
}

// TestPitchInCircles: two clocks do not follow each other.
func TestPitchInCircles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTuned(t, "ab", 100, 0)
		defer w.close()
		w.numbered(spec("there", "a", "b"), 0, 1)
		back := spec("back", "b", "a")
		r, err := w.board.Add(back)
		if err != nil {
			t.Fatal(err)
		}
		w.run(30)
		if s := r.Status(); s.Actuator != route.ByResampler || s.Why == nil || s.Servo.State != servo.Locked || math.Abs(s.Servo.PPM()) > 1 {
			t.Errorf("%+v", s)
		}
		if s, _ := w.board.Route("there"); s.Status().Actuator != route.ByPitch {
			t.Errorf("%+v", s.Status())
		}
	})
}

// TestPitchIsBooked: a route that needs the clock gets it from one that can do without.
func TestPitchIsBooked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTuned(t, "a", 100, 0, 0)
		defer w.close()
		other := w.numbered(spec("other", "a", "b"), 0, 1)
		w.run(20)
		other.exact(15)
		s := spec("needs", "a", "c")
		s.Drift = route.Pitch
		n := w.numbered(s, 0, 2)
		w.run(40)
		n.exact(35)
		if s := other.Status(); s.Actuator != route.ByResampler || s.State != route.Flowing || s.Servo.State != servo.Locked {
			t.Errorf("%+v", s)
		}
	})
}

// TestPitchThatIsNotThere is refused, or waited for while another device stands in.
func TestPitchThatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTuned(t, "c", 0, 0, 100)
		defer w.close()
		s := spec("x", "a", "b")
		s.Drift = route.Pitch
		if _, err := w.board.Add(s); !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), "neither a nor b has a control of its clock") {
			t.Errorf("%v", err)
		}
		w.cards[2].pitch.stand(true)
		synctest.Wait()
		s.From = "c"
		n := w.numbered(s, 2, 1)
		w.run(3)
		if s := n.Status(); s.State != route.Waiting || s.WaitsFor != "c" || !errors.Is(s.Err, audio.ErrNoDevice) ||
			!strings.Contains(s.Err.Error(), "c has no control of its clock while it runs on null") || s.Actuator != route.ByNothing {
			t.Errorf("%+v", s)
		}
		w.cards[2].pitch.stand(false)
		w.run(30)
		n.exact(25)
		w.cards[2].pitch.stand(true)
		w.run(3)
		if s := n.Status(); s.State != route.Waiting {
			t.Errorf("%+v", s)
		}
	})
}

// TestPitchGoesAndComes: with drift = "auto" the resampler stands in for it.
func TestPitchGoesAndComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTuned(t, "a", 100, 0)
		defer w.close()
		n := w.numbered(spec("bridge", "a", "b"), 0, 1)
		w.run(20)
		for range 2 {
			if s := n.Status(); s.Actuator != route.ByPitch || s.Servo.State != servo.Locked {
				t.Errorf("with it: %+v", s)
			}
			w.cards[0].pitch.stand(true)
			w.run(20)
			if s := n.Status(); s.Actuator != route.ByResampler || s.Servo.State != servo.Locked || math.Abs(s.Servo.PPM()-100) > 1 {
				t.Errorf("without: %+v", s)
			}
			w.cards[0].pitch.stand(false)
			w.run(20)
		}
	})
}

// TestPitchThatFails: with "auto" the route goes on with the resampler and says why; with "pitch" it waits and says so,
// and tries again.
func TestPitchThatFails(t *testing.T) {
	for _, drift := range []route.Drift{route.Auto, route.Pitch} {
		synctest.Test(t, func(t *testing.T) {
			w := newTuned(t, "a", 100, 0)
			defer w.close()
			s := spec("bridge", "a", "b")
			s.Drift = drift
			n := w.numbered(s, 0, 1)
			w.run(20)
			n.exact(15)
			broken := audio.ErrIO.With("it is broken")
			w.cards[0].pitch.failure.Store(&broken)
			w.run(20)
			switch s := n.Status(); {
			case drift == route.Auto && (s.Actuator != route.ByResampler || s.Why == nil || s.Why.Error() != "it is broken" || s.Servo.State != servo.Locked):
				t.Errorf("%+v", s)
			case drift == route.Pitch && (s.State != route.Waiting || s.Err == nil || s.Err.Error() != "it is broken"):
				t.Errorf("%+v", s)
			}
			w.cards[0].pitch.failure.Store(nil)
			w.run(30)
			if s := n.Status(); drift == route.Pitch && (s.Actuator != route.ByPitch || s.Servo.State != servo.Locked) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestPitchThatMovesNothing is found out.
func TestPitchThatMovesNothing(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		w := newTuned(t, "a", 200, 0)
		defer w.close()
		w.cards[0].pitch.dead.Store(true)
		n := w.numbered(spec("bridge", "a", "b"), 0, 1)
		w.run(120)
		s := n.Status()
		t.Logf("%s, %v, %+v", s.Actuator, s.Why, s.Servo)
		if s.Actuator != route.ByResampler || s.Servo.State != servo.Locked || s.Why == nil || !strings.Contains(s.Why.Error(), "moves nothing") {
			t.Errorf("%+v", s)
		}
	})
}

// TestPitchOfCable moves a cable of snd-aloop. If both of its ends have the same period it is as even as a card. If
// not, the kernel makes it wander, moved or not, and the latency with it; every frame comes once in any case.
func TestPitchOfCable(t *testing.T) {
	long(t)
	for _, c := range []struct {
		ppm   float64
		play  int // period of the player
		worst float64
	}{{0, 480, 4}, {200, 480, 4}, {-203, 480, 4}, {200, 1200, 40}} {
		synctest.Test(t, func(t *testing.T) {
			w := newTuned(t, "a", 0, c.ppm)
			defer w.close()
			a := w.cards[0]
			a.cable = newCable(func() int { return 100000 - int(a.pitch.steps.Load()) }, c.play)
			a.rms, w.cards[1].rms = 15e3, 15e3
			s := spec("bridge", "a", "b")
			s.Drift, s.Latency = route.Pitch, 40*time.Millisecond
			n := w.numbered(s, 0, 1)
			w.run(20)
			worst, locked := 0.0, 0
			for range 50 {
				w.run(1)
				s := n.Status()
				if worst = max(worst, math.Abs(s.Servo.Error())); s.Servo.State == servo.Locked {
					locked++
				}
			}
			got := n.Status()
			t.Logf("%+v: %+.2f ppm, moved by %+.0f; at worst %.2f frames off, locked for %d s of 50", c, got.Servo.PPM(), got.PPM, worst, locked)
			if worst > c.worst || got.Servo.Resyncs > 0 || got.Missing > 0 || c.play == 480 && locked < 40 {
				t.Errorf("%+v", got)
			}
			contiguous(t, n.counter, n.heard, n.size, 60*48000)
		})
	}
}
