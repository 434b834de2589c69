package servo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/servo/servotest"
)

// TestStall: an engine that does not run for a while changes nothing.
func TestStall(t *testing.T) {
	for _, length := range []time.Duration{20 * ms, 50 * ms, 200 * ms} {
		for _, c := range []struct {
			name string
			with func(*servotest.Scenario, ...servotest.Stall)
		}{
			{"source", func(s *servotest.Scenario, stall ...servotest.Stall) { s.Source.Stalls = stall }},
			{"sink", func(s *servotest.Scenario, stall ...servotest.Stall) { s.Sink.Stalls = stall }},
		} {
			for _, stale := range []bool{false, true} {
				for _, shape := range []servotest.Shape{servotest.OneSided, servotest.Gaussian} {
					t.Run(fmt.Sprintf("%v %s stale=%v %s", length, c.name, stale, shape), func(t *testing.T) {
						t.Parallel()
						s := pair(100, 128, shape, 3*time.Minute)
						s.Latency = 220 * 48 // more than the stall, so that no frame is missing
						c.with(&s, servotest.Stall{At: 100 * time.Second, For: length, Stale: stale})
						hold(t, s, limits{30, 0.5, 1})
					})
				}
			}
		}
	}
}

// TestStallAtTheStart: nothing is known yet, and it gets locked all the same.
func TestStallAtTheStart(t *testing.T) {
	for _, at := range []time.Duration{100 * ms, 500 * ms, time.Second, 3 * time.Second} {
		s := pair(100, 128, servotest.OneSided, 2*time.Minute)
		s.Latency = 200 * 48
		s.Source.Stalls = []servotest.Stall{{At: at, For: 50 * ms, Stale: true}}
		s.Sink.Stalls = []servotest.Stall{{At: at + 200*ms, For: 50 * ms}}
		hold(t, s, wanted)
	}
}

// TestDay is 24 hours with all that there is: wander, a temperature that goes up and down, USB on one
// side, the ticks of snd-aloop on the other, and a stall now and then.
func TestDay(t *testing.T) {
	length := 24 * time.Hour
	if raced {
		length = time.Hour
	}
	for _, shape := range []servotest.Shape{servotest.OneSided, servotest.Gaussian} {
		t.Run(shape.String(), func(t *testing.T) {
			t.Parallel()
			s := pair(100, 480, shape, length)
			s.Source.Packet, s.Source.Wander, s.Source.Ramp = 48, 0.01, 0.02
			s.Sink.Tick, s.Sink.Wander = 4*ms, 0.01
			s.For = length
			s.Latency = 480 + 192 + 720 // a period, a tick and 15 ms for the jitter
			for at := time.Hour / 2; at < length; at += time.Hour / 2 {
				s.Source.Stalls = append(s.Source.Stalls, servotest.Stall{At: at, For: 10 * ms})
				s.Sink.Stalls = append(s.Sink.Stalls, servotest.Stall{At: at + 7*time.Minute, For: 50 * ms})
			}
			hold(t, s, limits{60, 0.5, 1})
		})
	}
}
