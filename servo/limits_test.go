package servo_test

import (
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/servo"
	"github.com/loopbridge/loopbridge/servo/servotest"
)

// TestWithoutTheRates is seen to fail: a servo that only corrects the latency is not good enough, so the
// numbers above need both.
func TestWithoutTheRates(t *testing.T) {
	s := pair(100, 128, servotest.OneSided, 5*time.Minute)
	o := servotest.NewOurs(s)
	o.Bend = func(source, sink *servo.Estimate, now int64) { flatten(source, now); flatten(sink, now) }
	if broken := wanted.broken(servotest.Run(s, o, nil)); len(broken) == 0 {
		t.Error("a servo without the rates keeps all limits: they prove nothing")
	} else {
		t.Log(broken)
	}
}

// flatten keeps the position of a clock at a moment and takes the nominal rate.
func flatten(e *servo.Estimate, now int64) {
	if e.Started {
		frames := e.Line.Frames
		beyond := e.Beyond(now, frames)
		e.Line.At, e.Line.Phase, e.Line.Slope = now, -beyond*1e9/e.Nominal, 0
	}
}

// TestWithTheMean is seen to fail: jitter that is only late, treated as if it were on both sides.
func TestWithTheMean(t *testing.T) {
	s := pair(100, 480, servotest.OneSided, 10*time.Second)
	o := servotest.NewOurs(s)
	servotest.Run(s, o, nil)
	if got := o.SourceClock.State().Noise.Method; got != servo.Lowest {
		t.Errorf("jitter that is only late is measured by the %s", got)
	}
	s = pair(100, 480, servotest.Gaussian, 10*time.Second)
	o = servotest.NewOurs(s)
	servotest.Run(s, o, nil)
	if got := o.SourceClock.State().Noise.Method; got != servo.Mean {
		t.Errorf("jitter on both sides is measured by the %s", got)
	}
}

// TestPeersFail is seen to fail: the limits tell controllers apart.
func TestPeersFail(t *testing.T) {
	s := pair(100, 128, servotest.OneSided, 30*time.Minute)
	s.Settled = s.For / 2
	for name, peer := range servotest.Peers(s) {
		r := servotest.Run(s, peer, nil)
		t.Logf("%s: %+v", name, r)
		if len(wanted.broken(r)) < 2 { // it has no lock
			t.Errorf("%s keeps all limits: they prove nothing", name)
		}
	}
}
