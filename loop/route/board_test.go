package route_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
)

// spec is a route at unity.
func spec(name, from, to string) route.Spec {
	return route.Spec{Name: name, From: from, To: to, Setting: mixer.Neutral()}
}

// withLoops adds a loop between programs, one to play and one to record, on the first card.
func (w *world) withLoops() *world {
	w.Helper()
	for _, s := range []loop.Spec{
		{Name: "pipe"}, {Name: "room", Clients: loop.Shared},
		{Name: "speaker", Attached: audio.Play}, {Name: "mic", Attached: audio.Record},
	} {
		if err := w.bay.Add(s, w.cards[0].engine); err != nil {
			w.Fatal(err)
		}
	}
	return w
}

func TestRoutesThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0, 0).withLoops()
		defer w.close()
		silent := backendtest.NewClock(backend.Config{Period: period})
		clock := loop.NewEngine("clock", silent)
		if err := w.bay.AddDevice(clock); err != nil {
			t.Fatal(err)
		}
		defer clock.Close()
		for _, s := range []route.Spec{
			spec("there", "a", "b"), spec("on", "pipe", "room/server"), spec("one", "room/server", "speaker"),
		} {
			if _, err := w.board.Add(s); err != nil {
				t.Fatal(err)
			}
		}
		with := func(s route.Spec, change func(*route.Spec)) route.Spec {
			change(&s)
			return s
		}
		for _, c := range []struct {
			spec route.Spec
			want error
			text string
		}{
			{spec("", "a", "b"), audio.ErrInvalid, "a route needs a name"},
			{spec("there", "a", "b"), audio.ErrBusy, "there is a route there already"},
			{spec("x", "c", "b"), audio.ErrNoDevice, "x: from: there is no device and no loop c"},
			{spec("x", "a", "pipe/4711"), audio.ErrNoDevice, "x: to: pipe has no end 4711; use client or server"},
			{spec("x", "speaker", "b"), audio.ErrAccess, "x: from: speaker: a route can only go to it"},
			{spec("x", "a", "mic"), audio.ErrAccess, "x: to: mic: a route can only come from it"},
			{spec("x", "a", "b/record"), audio.ErrAccess, "x: to: b/record: a route can only come from it"},
			{spec("x", "a", "b/mix"), audio.ErrAccess, "x: to: b/mix: a route can only come from it"},
			{spec("x", "b", "a/heard"), audio.ErrAccess, "x: to: a/heard: a route can only come from it"},
			{spec("x", "b", "pipe/heard"), audio.ErrAccess, "x: to: pipe/heard: a route can only come from it"},
			{spec("x", "pipe/4711", "b"), audio.ErrNoDevice, "x: from: pipe has no end 4711; use client, server, heard or mix"},
			{spec("x", "speaker/heard", "b"), audio.ErrNoDevice, "speaker/heard: the device a is the server; its taps are a/play and a/mix"},
			{spec("x", "mic/mix", "b"), audio.ErrNoDevice, "mic/mix: the device a is the server, and any number of routes can come from mic"},
			{spec("x", "pipe/heard", "pipe"), audio.ErrInvalid, "x would close a cycle, in which sound grows without end: pipe/server -> pipe/server; "},
			{spec("x", "pipe/mix", "pipe/server"), audio.ErrInvalid, "grows without end: pipe/client -> pipe/client; "},
			{spec("x", "room/mix", "pipe/server"), audio.ErrInvalid, "grows without end: room/client -> pipe/client -> room/client; "},
			{spec("x", "a/heard", "a"), audio.ErrInvalid, "x would close a cycle, in which sound grows without end: a/play -> a/play; "},
			{spec("x", "a/play", "a"), audio.ErrInvalid, "x would close a cycle, in which sound grows without end: a/play -> a/play; "},
			{spec("x", "a", "clock"), audio.ErrAccess, "x: to: the device clock has nothing to play"},
			{spec("x", "speaker/server", "b"), audio.ErrBusy, "x: from: speaker/server: the server end is the device a"},
			{spec("x", "room", "pipe/server"), audio.ErrInvalid, "cycle, in which sound grows without end: room/client -> pipe/client -> room/client; "},
			{with(spec("x", "a", "b"), func(s *route.Spec) { s.Latency = time.Millisecond }), audio.ErrInvalid,
				"x: a latency of 1ms is too low; the least is 4.83ms: periods of 1ms (a) and 1ms (b), 830µs of the resampler, 2ms for jitter"},
			{with(spec("x", "a", "b"), func(s *route.Spec) { s.Latency = -1 }), audio.ErrInvalid, "out of range"},
			{with(spec("x", "a", "b"), func(s *route.Spec) { s.FromChannels = []int{1} }), audio.ErrInvalid,
				"x: 1 channels cannot go to 0; name as many of both"},
			{with(spec("x", "a", "b"), func(s *route.Spec) { s.FromChannels, s.ToChannels = []int{0}, []int{1} }), audio.ErrInvalid,
				"x: channel 0 is out of range; use 1..64"},
		} {
			_, err := w.board.Add(c.spec)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%+v: %v, want %q", c.spec, err, c.text)
			}
		}
		if n := len(w.board.Routes()); n != 3 {
			t.Errorf("there are %d routes", n)
		}
	})
}

// TestFeedback: a cycle is built if it is asked for, and dies away.
func TestFeedback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0).withLoops()
		defer w.close()
		if _, err := w.board.Add(spec("there", "pipe", "room")); err != nil {
			t.Fatal(err)
		}
		back := spec("back", "room/server", "pipe/server")
		back.Feedback = true
		if _, err := w.board.Add(back); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("at unity: %v", err)
		}
		back.Setting.Gain = 100
		if _, err := w.board.Add(back); err != nil {
			t.Errorf("with a gain of 100: %v", err)
		}
	})
}

// TestRouteWaitsForPrograms: a route between loops waits for the programs at their other ends, carries what
// one plays to what the other records, bit by bit, and waits again when one of them has gone.
func TestRouteWaitsForPrograms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0).withLoops()
		defer w.close()
		r, err := w.board.Add(spec("cord", "pipe", "room"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for range 2 {
			if s := r.Status(); s.State != route.Waiting || s.WaitsFor != "pipe" {
				t.Errorf("it is %s for %q, want waiting for pipe", s.State, s.WaitsFor)
			}
			player := w.open("pipe", pcm.Server, pcm.Write)
			c := backendtest.NewCounter(player.Format())
			w.play(player, c, 1)
			w.run(0.05)
			if s := r.Status(); s.State != route.Waiting || s.WaitsFor != "room" {
				t.Errorf("it is %s for %q, want waiting for room", s.State, s.WaitsFor)
			}
			recorder := w.open("room", pcm.Server, pcm.Read)
			heard := w.record(recorder)
			w.run(1)
			if s := r.Status(); s.State != route.Flowing {
				t.Errorf("it is %s, want flowing", s.State)
			}
			contiguous(t, c, *heard, recorder.Format().FrameBytes(), 30000)
			w.shut(player)
			w.run(0.1)
			w.shut(recorder)
			w.run(0.3)
		}
	})
}

// TestRoutesComeAndGo: a thousand routes that are made and removed cost no frame of another one.
func TestRoutesComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0, 30)
		defer w.close()
		c := backendtest.NewCounter(w.cards[0].Granted().Format)
		size := w.cards[0].Granted().Format.FrameBytes()
		var heard []byte
		w.cards[0].Feed(c.Fill)
		w.cards[0].OnPlay(func(block []byte, _ uint64) { heard = append(heard, block...) })
		if _, err := w.board.Add(spec("stays", "a", "a")); err != nil {
			t.Fatal(err)
		}
		w.run(0.1)
		for i := range 1000 {
			s := spec("comes", "b", "a")
			if i%2 == 0 {
				s = spec("comes", "a", "b")
			} else {
				s.Setting.Mute = true // or else it would be heard, too
			}
			if _, err := w.board.Add(s); err != nil {
				t.Fatal(err)
			}
			w.run(0.02)
			done := make(chan error)
			go func() { done <- w.board.Remove("comes") }()
			synctest.Wait()
			w.run(0.02)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		contiguous(t, c, heard, size, 40*48000)
	})
}
