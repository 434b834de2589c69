package route_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample/resampletest"
	"github.com/loopbridge/loopbridge/servo"
)

// card is a device whose clock is faster than nominal by ppm.
type card struct {
	*backendtest.Clock
	engine *loop.Engine
	ppm    float64
	pitch  *pitch  // nil: it has none
	frames int64   // position
	at     float64 // the true time of that, in ns
	cable  *cable  // nil: its clock is even
	soon   float64 // of the cable: when it comes to hw
	hw     int64
	late   int64 // frames that pass before the engine has its next turn
	lost   int64 // frames that pass before that, and that the device loses
	jitter *rand.Rand
	rms    float64 // ns
}

const begin = 1e12

// next returns the true time of the next tick, in ns.
func (c *card) next() float64 {
	if c.cable == nil {
		return c.at + c.nominal(c.step())/c.rate()
	}
	if c.hw < c.frames+c.step() {
		c.soon, c.hw = c.cable.run(c.frames + c.step())
	}
	return c.soon
}

// rate returns that of the clock, relative to nominal. A pitch takes effect with the next period.
func (c *card) rate() float64 {
	if c.pitch != nil {
		return (1 + c.ppm*1e-6) * c.pitch.factor()
	}
	return 1 + c.ppm*1e-6
}

// position returns the true position at a time, as of the last tick.
func (c *card) position(at float64) float64 {
	return float64(c.frames) + (at-c.at)*c.rate()*48000/1e9
}

// step returns how many frames the next tick brings.
func (c *card) step() int64 {
	n, _ := c.Period()
	return max(int64(n), c.late) + c.lost
}

func (c *card) nominal(frames int64) float64 { return float64(frames) * 1e9 / 48000 }

// tick lets the next period pass, or, after a stall, all that has passed. The time that the engine sees is
// late by a random part.
func (c *card) tick() {
	c.at = c.next()
	at, n := c.at+c.rms*c.jitter.ExpFloat64(), c.step()
	if c.cable != nil {
		n = (c.hw - c.frames) / n * n
		at -= c.nominal(c.hw - c.frames - n)
	}
	c.frames += n
	c.Lose(uint64(c.lost))
	c.SetBase(int64(at - c.nominal(c.frames)))
	if c.late > 0 || c.lost > 0 {
		c.late, c.lost = 0, 0
		c.Jump(int(n))
		return
	}
	c.Advance(int(n))
}

// world is two cards and a patchbay.
type world struct {
	*testing.T
	bay   *loop.Patchbay
	board *route.Board
	cards []*card
	now   float64 // the true time of the last tick, in ns
}

func newWorld(t *testing.T, ppm ...float64) *world { return newTuned(t, "", ppm...) }

// newTuned returns a world in which the cards that are named have a pitch control.
func newTuned(t *testing.T, pitched string, ppm ...float64) *world {
	w := &world{T: t, bay: loop.NewPatchbay()}
	for i, p := range ppm {
		name := string(rune('a' + i))
		c := w.card(backend.Config{Play: true, Record: true}, p)
		var s backend.Stream = c.Clock
		if strings.Contains(pitched, name) {
			c.pitch = newPitch()
			s = tuned{c.Clock, c.pitch}
		}
		c.engine = loop.NewEngine(name, s)
		if err := w.bay.AddDevice(c.engine); err != nil {
			t.Fatal(err)
		}
	}
	w.board = route.NewBoard(w.bay)
	return w
}

// card adds a card without an engine.
func (w *world) card(c backend.Config, ppm float64) *card {
	c.Period, c.Format = period, audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}
	clock := backendtest.NewClock(c)
	clock.SetBase(begin)
	made := &card{Clock: clock, ppm: ppm, at: begin, jitter: rand.New(rand.NewPCG(1, uint64(len(w.cards)))), rms: 0.2e6}
	w.cards = append(w.cards, made)
	return made
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
		time.Sleep(time.Duration(first.next() - max(w.now, begin))) // for those that have a timer
		w.now = first.next()
		first.tick()
		synctest.Wait()
	}
}

// bridge is a route from a to b in a world of its own, that has been going for some seconds.
func bridge(t *testing.T, spec route.Spec, seconds float64, f func(w *world, r *route.Route), ppm ...float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ppm...)
		defer w.close()
		spec.Name, spec.From, spec.To, spec.Setting = "bridge", "a", "b", mixer.Neutral()
		r, err := w.board.Add(spec)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.run(seconds)
		f(w, r)
	})
}

// locked fails unless the route has followed all the time, at the latency that was asked for.
func (w *world) locked(r *route.Route, resyncs uint64) {
	w.Helper()
	s := r.Status()
	w.Logf("%s, %s, %.3f ppm, latency %.2f of %.0f frames, %d missing, %d resyncs (%v)", s.State, s.Servo.State,
		s.Servo.PPM(), s.Servo.Latency, s.Servo.Target, s.Missing, s.Servo.Resyncs, s.Servo.Reason)
	want := ((1+w.cards[0].ppm*1e-6)/(1+w.cards[1].ppm*1e-6) - 1) * 1e6
	if s.State != route.Flowing || s.Servo.State != servo.Locked || s.Servo.Resyncs != resyncs {
		w.Error("it is not locked")
	}
	if math.Abs(s.Servo.PPM()-want) > 1 || math.Abs(s.Servo.Error()) > 1 {
		w.Errorf("it is %.3f ppm and %.2f frames off", s.Servo.PPM()-want, s.Servo.Error())
	}
}

// long leaves a test that is long, and of one goroutine at a time, to a run without the race detector.
func long(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("too long with the race detector")
	}
}

// TestRouteBetweenClocks: the resampler follows the difference of two clocks, and no frame is missing.
func TestRouteBetweenClocks(t *testing.T) {
	long(t)
	for _, ppm := range [][]float64{{0, 0}, {100, -50}, {-300, 0}, {0, -300}} {
		bridge(t, route.Spec{}, 60, func(w *world, r *route.Route) {
			w.locked(r, 0)
			if n := r.Status().Missing; n > 0 {
				t.Errorf("%v: %d frames were missing", ppm, n)
			}
		}, ppm...)
	}
}

// TestRouteThatFollowsNothing: what drift = "none" carries is bit for bit, until the clocks have drifted apart by the
// latency: then sound is moved.
func TestRouteThatFollowsNothing(t *testing.T) {
	long(t)
	for _, ppm := range []float64{-400, 400} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, ppm, 0)
			defer w.close()
			size := w.cards[0].Granted().Format.FrameBytes()
			c := backendtest.NewCounter(w.cards[0].Granted().Format)
			var heard []byte
			w.cards[0].Feed(c.Fill)
			w.cards[1].OnPlay(func(block []byte, _ uint64) { heard = append(heard, block...) })
			s := spec("bridge", "a", "b")
			s.Drift = route.None
			if _, err := w.board.Add(s); err != nil {
				t.Fatal(err)
			}
			w.run(60)
			runs, length := 0, 0
			for i := size; i < len(heard); i += size {
				if c.Number(heard[i:i+size]) != (c.Number(heard[i-size:i])+1)%c.Span() {
					if length > 48000 {
						runs++
					}
					length = 0
					continue
				}
				length++
			}
			if runs < 1 || runs > 4 {
				t.Errorf("%+.0f ppm: sound was moved %d times in a minute", ppm, runs)
			}
		})
	}
}

// TestRouteSurvivesStalls: an engine that is stopped for 50 ms costs the frames of 50 ms, and no lock.
func TestRouteSurvivesStalls(t *testing.T) {
	long(t)
	for side := range 2 {
		bridge(t, route.Spec{}, 40, func(w *world, r *route.Route) {
			for range 3 {
				w.cards[side].late = 2400
				w.run(10)
				w.locked(r, 0)
			}
			// The sink makes up for its own stall; what the source brings too late is silence.
			if n := r.Status().Missing; n > 3*6*period {
				t.Errorf("%d frames were missing", n)
			}
		}, 100, -50)
	}
}

// TestLatencyAfterLosses: a device that loses frames, as in a daemon that was stopped, costs these frames, and the
// sound after them is as late as it was. It is measured in what is heard: a ramp.
func TestLatencyAfterLosses(t *testing.T) {
	long(t)
	const scale = 1 << 23
	for _, periods := range []int64{1, 20, 1500} {
		for side := range 3 { // the source, the sink, both
			t.Run(fmt.Sprintf("%d on %d", periods, side), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, 0, 0)
					defer w.close()
					from, to := w.cards[0], w.cards[1]
					from.Feed(func(block []byte, _ uint64) {
						frames := make([]float32, len(block)/audio.FloatLE.Bytes())
						for i := range frames {
							frames[i] = float32(from.frames-int64(len(frames)/2)+int64(i/2)) / scale
						}
						audio.FloatLE.Encode(block, frames, nil)
					})
					late := math.NaN()
					to.OnPlay(func(block []byte, _ uint64) {
						frames := make([]float32, len(block)/audio.FloatLE.Bytes())
						audio.FloatLE.Decode(frames, block)
						late = float64(to.frames) - float64(frames[len(frames)-1])*scale
					})
					if _, err := w.board.Add(spec("bridge", "a", "b")); err != nil {
						t.Fatal(err)
					}
					w.run(10)
					before := late
					for range 2 {
						for i, c := range w.cards {
							if side == 2 || side == i {
								n, _ := c.Period()
								c.lost = periods * int64(n)
							}
						}
						w.run(6)
						if off := late - before; !(math.Abs(off) < 1.5) {
							t.Errorf("%.2f frames late, before %.2f", late, before)
						}
					}
				})
			})
		}
	}
}

const hertz = 997.0

// sing makes a card record a tone.
func (c *card) sing() {
	c.Feed(func(block []byte, first uint64) {
		frames := make([]float32, len(block)/audio.FloatLE.Bytes())
		for i := range frames {
			x := 2 * math.Pi * math.Mod(hertz/48000*float64(first+uint64(i/2)), 1)
			frames[i] = resampletest.Amplitude * float32(math.Sin(x))
		}
		audio.FloatLE.Encode(block, frames, nil)
	})
}

// listen returns what a card plays from now on.
func (c *card) listen() *[]float32 {
	heard := new([]float32)
	c.OnPlay(func(block []byte, _ uint64) {
		frames := make([]float32, len(block)/audio.FloatLE.Bytes())
		audio.FloatLE.Decode(frames, block)
		*heard = append(*heard, frames...)
	})
	return heard
}

// pure fails unless the last seconds of a recording are the tone of a card that is faster by ratio. The frequency is
// fitted: that the ratio wanders by a part of a ppm within a window is not heard.
func pure(t *testing.T, heard []float32, ratio float64, seconds int) {
	t.Helper()
	const window = 4800
	for at := len(heard) - seconds*2*48000; at+2*window <= len(heard); at += 2 * 48000 {
		best := resampletest.Fit{}
		for ppm := -1.0; ppm <= 1; ppm += 0.01 {
			f := resampletest.FitTone(heard[at:at+2*window], hertz*ratio*(1+ppm*1e-6)/48000)
			if f.Residual < best.Residual {
				best = f
			}
		}
		if best.Residual > -120 || math.Abs(best.Gain) > 0.001 {
			t.Errorf("at %d: %.4f dB, residual %.1f dB", at/2, best.Gain, best.Residual)
		}
	}
}

// TestToneThroughRoute: a tone that crosses two clocks is a tone, and as loud.
func TestToneThroughRoute(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100, -50)
		defer w.close()
		w.cards[0].sing()
		heard := w.cards[1].listen()
		if _, err := w.board.Add(spec("bridge", "a", "b")); err != nil {
			t.Fatal(err)
		}
		w.run(60)
		pure(t, *heard, (1+100e-6)/(1-50e-6), 10)
	})
}

// TestTwoCardsAreOneDevice: what the one records is heard on the other through the device's monitor.
func TestTwoCardsAreOneDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, bay: loop.NewPatchbay()}
		w.board = route.NewBoard(w.bay)
		play, record := w.card(backend.Config{Play: true}, -100), w.card(backend.Config{Record: true}, 100)
		joint, err := route.NewJoint(play.Clock.Stream, record.Clock.Stream, route.JointOptions{Name: "both"})
		if err != nil {
			t.Fatal(err)
		}
		engine := loop.NewEngine("both", joint)
		if err := w.bay.AddDevice(engine); err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		defer w.bay.Close()
		record.sing()
		heard := play.listen()
		p, err := state.ParsePatch("monitor_gain=255")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { _, err := engine.Set(p); done <- err }()
		w.run(60)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if s, ok := joint.Status().Servo(); !ok || s.State != servo.Locked || s.Resyncs > 0 || joint.Status().Missing.Load() > 0 {
			t.Errorf("%+v, %d frames are missing", s, joint.Status().Missing.Load())
		}
		pure(t, *heard, (1+100e-6)/(1-100e-6), 10)
	})
}
