package route_test

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/servo"
)

// TestRouteToSlowLoops: the resampler for a loop whose server has a low rate looks further ahead than one between the devices. The
// latency has room for that, also where the configuration wants less, so the lock is kept.
func TestRouteToSlowLoops(t *testing.T) {
	long(t)
	for _, rate := range []int{8000, 11025, 96000} {
		for _, latency := range []time.Duration{0, 15 * time.Millisecond} {
			for _, side := range []audio.Direction{pcm.Read, pcm.Write} { // of the server
				t.Run(fmt.Sprintf("%s %d Hz %v", pcm.Verb(side), rate, latency), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { slowLoop(t, rate, latency, side) })
				})
			}
		}
	}
}

// slowLoop has a route between a card and a loop on the clock of another one, whose server has a rate of its own.
func slowLoop(t *testing.T, rate int, latency time.Duration, side audio.Direction) {
	w := newWorld(t, 60, -40)
	defer w.close()
	on, s := 1, spec("bridge", "a", "slow")
	if side == pcm.Write {
		on, s = 0, spec("bridge", "slow", "b")
	}
	if err := w.bay.Add(loop.Spec{Name: "slow"}, w.cards[on].engine); err != nil {
		t.Fatal(err)
	}
	s.Latency = latency
	r, err := w.board.Add(s)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.bay.Open(t.Context(), "slow", pcm.Options{Role: pcm.Server, Direction: side, Buffer: rate / 5,
		Format: audio.Format{Rate: rate, Channels: 1, Encoding: audio.FloatLE}})
	if err != nil {
		t.Fatal(err)
	}
	heard := new([]byte)
	if side == pcm.Read {
		heard = w.record(p)
	} else {
		w.play(p, backendtest.NewCounter(p.Format()), 1)
	}
	w.run(40)
	status := r.Status()
	v := status.Servo // whose error is a frame of the loop at most
	if status.State != route.Flowing || v.State != servo.Locked || v.Resyncs > 0 || status.Missing > 0 ||
		math.Abs(v.PPM()-100) > 1 || math.Abs(v.Error()) > max(1, 48000/float64(rate)) {
		t.Errorf("%s, %s, %.3f ppm, latency %.2f of %.0f frames, %d missing, %d resyncs (%v)", status.State, v.State, v.PPM(), v.Latency,
			v.Target, status.Missing, v.Resyncs, v.Reason)
	}
	if n := len(*heard) / 4; side == pcm.Read && n < 39*rate {
		t.Errorf("%d frames came", n)
	}
	w.shut(p)
}
