package servo_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/servo"
	"github.com/loopbridge/loopbridge/servo/servotest"
)

// bench is a route whose two clocks a test moves by hand: in steps of 10 ms, without jitter.
type bench struct {
	now           int64 // ns
	source, sink  *servo.Clock
	servo         *servo.Servo
	atSource      float64 // frames
	atSink        float64
	ppm           float64 // of the source
	read          float64 // the source's frame that the sink is at
	before        float64
	deaf          bool // the source's clock gets no pairs
	states        []servo.State
	shifts, steps int
}

func newBench(ppm float64) *bench {
	return &bench{source: servo.NewClock(48000), sink: servo.NewClock(48000), servo: servo.New(960), ppm: ppm}
}

// run moves time.
func (b *bench) run(length time.Duration) servo.ServoState {
	for range length / (10 * ms) {
		b.now += int64(10 * ms)
		b.atSource += 480 * (1 + b.ppm*1e-6)
		b.before, b.atSink = b.atSink, b.atSink+480
		if !b.deaf {
			b.source.Observe(pairAt(b.atSource, 48000*(1+b.ppm*1e-6), b.now))
		}
		b.sink.Observe(int64(b.atSink), b.now)
		source, sink := b.source.Estimate(), b.sink.Estimate()
		whole := math.Floor(b.read)
		step := b.servo.Step(b.now, &source, &sink,
			servo.Mark{Sink: int64(b.before), Source: int64(whole), Fraction: b.read - whole})
		b.steps++
		if step.Shift != 0 {
			b.shifts++
		}
		b.read += float64(step.Shift) + 480*step.Ratio
		if n := len(b.states); n == 0 || b.states[n-1] != step.State {
			b.states = append(b.states, step.State)
		}
	}
	return b.servo.State()
}

// pairAt returns the whole frame before a position, and when it was reached.
func pairAt(frames, rate float64, now int64) (int64, int64) {
	whole := math.Floor(frames)
	return int64(whole), now - int64((frames-whole)*1e9/rate)
}

func (b *bench) went(t *testing.T, want ...servo.State) {
	t.Helper()
	if len(b.states) != len(want) {
		t.Fatalf("it went through %v, want %v", b.states, want)
	}
	for i := range want {
		if b.states[i] != want[i] {
			t.Fatalf("it went through %v, want %v", b.states, want)
		}
	}
}

func TestLocks(t *testing.T) {
	b := newBench(100)
	s := b.run(20 * time.Second)
	b.went(t, servo.Lost, servo.Acquiring, servo.Locked)
	if math.Abs(s.PPM()-100) > 0.1 || math.Abs(s.Error()) > 0.5 || s.Resyncs != 0 || s.Reason != servo.NoReason {
		t.Errorf("%.2f ppm, %.2f frames, %+v", s.PPM(), s.Error(), s)
	}
	if s.LockedFor() < int64(5*time.Second) || s.Least > s.Latency || s.Most < s.Latency {
		t.Errorf("%+v", s)
	}
	e := b.source.Estimate()
	if math.Abs(e.PPM()-100) > 0.05 || math.Abs(e.Rate()-48004.8) > 0.01 ||
		math.Abs(e.Position(b.now)-b.atSource) > 0.5 {
		t.Errorf("%.2f ppm, %.3f Hz, frame %.2f, want %.2f", e.PPM(), e.Rate(), e.Position(b.now), b.atSource)
	}
}

// TestRestartedDevice: the positions begin anew, and sound is moved.
func TestRestartedDevice(t *testing.T) {
	b := newBench(100)
	b.run(20 * time.Second)
	b.source.Reset()
	b.atSource = 0
	s := b.run(20 * time.Second)
	b.went(t, servo.Lost, servo.Acquiring, servo.Locked, servo.Lost, servo.Acquiring, servo.Locked)
	if s.Resyncs != 1 || s.Reason != servo.Restarted || math.Abs(s.Error()) > 0.5 {
		t.Errorf("%+v", s)
	}
}

// TestSilentClock: no pair for more than a second.
func TestSilentClock(t *testing.T) {
	b := newBench(-50)
	b.run(20 * time.Second)
	b.deaf = true
	if s := b.run(900 * ms); s.State != servo.Locked {
		t.Errorf("%s after 0.9 s", s.State)
	}
	if s := b.run(200 * ms); s.State != servo.Lost || s.Reason != servo.Silent {
		t.Errorf("%s after 1.1 s: %s", s.State, s.Reason)
	}
	b.deaf = false
	s := b.run(20 * time.Second)
	if s.State != servo.Locked || s.Resyncs != 1 || math.Abs(s.Error()) > 0.5 {
		t.Errorf("%+v", s)
	}
}

// TestPositionThatJumps: a card that was restarted behind our back, by less than a second.
func TestPositionThatJumps(t *testing.T) {
	b := newBench(100)
	b.run(20 * time.Second)
	b.atSource += 1000
	s := b.run(30 * time.Second)
	if s.State != servo.Locked || s.Resyncs != 1 || s.Reason != servo.Misplaced || math.Abs(s.Error()) > 0.5 {
		t.Errorf("%+v", s)
	}
	if e := b.source.Estimate(); e.Steps != 1 || math.Abs(e.PPM()-100) > 0.1 {
		t.Errorf("%d steps, %.2f ppm", e.Steps, e.PPM())
	}
}

// TestRateThatJumps: a card whose rate changes by more than a locked servo may follow.
func TestRateThatJumps(t *testing.T) {
	for _, by := range []float64{20, 200} {
		b := newBench(100)
		b.run(20 * time.Second)
		b.ppm += by
		s := b.run(30 * time.Second)
		if s.State != servo.Locked || math.Abs(s.PPM()-100-by) > 1 || math.Abs(s.Error()) > 1 {
			t.Errorf("by %g ppm: %.2f ppm, %.2f frames, %+v", by, s.PPM(), s.Error(), s)
		}
	}
}

// TestRange is ±0.5 %.
func TestRange(t *testing.T) {
	for _, ppm := range []float64{4700, -4700} {
		b := newBench(ppm)
		if s := b.run(30 * time.Second); s.State != servo.Locked || math.Abs(s.PPM()-ppm) > 1 {
			t.Errorf("%g ppm: %.2f ppm, %+v", ppm, s.PPM(), s)
		}
	}
	for _, ppm := range []float64{5200, -5200, 20000} {
		b := newBench(ppm)
		if s := b.run(10 * time.Second); s.State != servo.Lost || s.Reason != servo.OutOfRange || s.Resyncs != 0 {
			t.Errorf("%g ppm: %+v", ppm, s)
		}
		b.ppm = 100
		if s := b.run(60 * time.Second); s.State != servo.Locked || math.Abs(s.PPM()-100) > 0.2 {
			t.Errorf("back from %g ppm: %.2f ppm, %+v", ppm, s.PPM(), s)
		}
	}
}

// TestSetLatency: a bit is pulled, much is moved.
func TestSetLatency(t *testing.T) {
	b := newBench(100)
	b.run(20 * time.Second)
	b.servo.SetLatency(970)
	if s := b.run(4 * time.Minute); math.Abs(s.Error()) > 1 || s.Resyncs != 0 {
		t.Errorf("by 10 frames: %.2f frames off, %+v", s.Error(), s)
	}
	b.servo.SetLatency(1920)
	if s := b.run(10 * time.Second); math.Abs(s.Error()) > 1 || s.Resyncs != 1 || b.shifts != 2 {
		t.Errorf("by 950 frames: %.2f frames off, %+v", s.Error(), s)
	}
}

// TestHandover writes out all states in the middle, and a later program goes on as if nothing had happened.
func TestHandover(t *testing.T) {
	whole, handed := newBench(100), newBench(100)
	whole.run(17 * time.Second)
	handed.run(7*time.Second + 130*ms)
	text, err := json.Marshal([]any{handed.source.State(), handed.sink.State(), handed.servo.State()})
	if err != nil {
		t.Fatal(err)
	}
	var source, sink servo.ClockState
	var state servo.ServoState
	if err := json.Unmarshal(text, &[]any{&source, &sink, &state}); err != nil {
		t.Fatal(err)
	}
	handed.source, handed.sink = servo.RestoreClock(source), servo.RestoreClock(sink)
	handed.servo = servo.Restore(state)
	handed.run(10*time.Second - 130*ms)
	if whole.servo.State() != handed.servo.State() || whole.source.State() != handed.source.State() {
		t.Errorf("%+v\nand without handover\n%+v", handed.servo.State(), whole.servo.State())
	}
}

// TestNonsense: positions and times that do not rise are ignored.
func TestNonsense(t *testing.T) {
	c := servo.NewClock(48000)
	for i := range int64(1000) {
		c.Observe(480*i, 1e7*i)
		c.Observe(480*i, 1e7*i)
		c.Observe(480*i-480, 1e7*i+5)
		c.Observe(480*i+1, 1e7*i-5)
	}
	if e := c.Estimate(); math.Abs(e.PPM()) > 0.01 {
		t.Errorf("%.3f ppm", e.PPM())
	}
}

// TestPitch drives a control in steps of 10 ppm: the latency stays, and so does every frame.
func TestPitch(t *testing.T) {
	for _, ppm := range []float64{-103, 0, 7, 250} {
		s := pair(ppm, 480, servotest.OneSided, 10*time.Minute)
		s.Source.Tick = 4 * ms
		s.Latency += 192
		o := servotest.NewOurs(s)
		o.Stepper = servo.NewStepper(1e-5, -20000, 20000, int64(100*ms))
		r := servotest.Run(s, o, nil)
		t.Logf("%+g ppm: %+v", ppm, r)
		if r.Locked < 0 || r.Locked > 60 || r.Error > 1.5 || r.Xruns > 0 || r.Moved > 0 || r.Unlocked > 0 {
			t.Errorf("%+g ppm: %+v", ppm, r)
		}
	}
}

// TestStepper: the mean is what was wanted, within what a change makes.
func TestStepper(t *testing.T) {
	for _, wanted := range []float64{0, 3.3e-6, 5e-6, -14.9e-6, 2e-4} {
		p := servo.NewStepper(1e-5, -100, 100, int64(100*ms))
		var played float64
		for i := range int64(100000) {
			_, factor := p.Step(i*int64(10*ms), 1+wanted)
			played += (factor - 1 - wanted) * 0.01
			if math.Abs(played) > 2e-6 {
				t.Fatalf("%g: after %d steps %.2g s are owed", wanted, i, played)
			}
		}
	}
	p := servo.NewStepper(1e-5, -100, 100, int64(100*ms))
	for i := range int64(1000) {
		if v, _ := p.Step(i*int64(10*ms), 1.005); v > 100 {
			t.Fatalf("%d is out of range", v)
		}
	}
	for i := int64(1000); i < 1050; i++ {
		p.Step(i*int64(10*ms), 1)
	}
	if p.Value > 1 {
		t.Errorf("%d: what could not be played is owed for ever", p.Value)
	}
}

// TestAfterAnything: whatever a device does, numbers stay numbers and in range, and when all is well again, the
// servo is soon locked.
func TestAfterAnything(t *testing.T) {
	for seed := range runs(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		b := newBench(100)
		for range 60 {
			switch random.IntN(7) {
			case 0:
				b.atSource += float64(random.IntN(4000)) - 2000
			case 1:
				b.atSink += float64(random.IntN(100000))
			case 2:
				b.ppm = random.NormFloat64() * 3000
			case 3:
				b.source.Reset()
				b.atSource = 0
			case 4:
				b.now += random.Int64N(int64(10 * time.Second))
			case 5:
				b.servo.SetLatency(100 + float64(random.IntN(4000)))
			case 6:
				b.deaf = !b.deaf
			}
			s := b.run(time.Duration(random.IntN(300)+1) * 10 * ms)
			if !(math.Abs(s.Ratio-1) <= 1.2*servo.Range) || !(math.Abs(s.Latency) < 1e12) {
				t.Fatalf("seed %d: %+v", seed, s)
			}
		}
		b.ppm, b.deaf = 100, false
		s := b.run(3 * time.Minute)
		if s.State != servo.Locked || math.Abs(s.PPM()-100) > 1 || math.Abs(s.Error()) > 2 {
			t.Errorf("seed %d: %.2f ppm, %.2f frames off, %+v", seed, s.PPM(), s.Error(), s)
		}
	}
}
