package loop_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// TestLevels: peak and RMS of both sides, by channel, since the last look.
func TestLevels(t *testing.T) {
	c := newCard(t, true, true)
	c.feed(1000, 0.5)
	p := c.client("speaker", pcm.Write)
	sound := constant(0, 20*period)
	for i := 0; i < len(sound); i += 4 { // a square on the left
		binary.LittleEndian.PutUint16(sound[i:], uint16(int16(8192-16384*(i/4%2))))
	}
	c.play(p, sound)
	c.clock.Advance(2 * period)
	if l := c.engine.Levels(); l.Play.Frames != 0 {
		t.Errorf("nobody looked, and %d frames were measured", l.Play.Frames)
	}
	c.clock.Advance(5 * period)
	l := c.engine.Levels()
	if l.Play.Frames != 5*period || l.Record.Frames != 5*period {
		t.Errorf("%d and %d frames", l.Play.Frames, l.Record.Frames)
	}
	quarter := 20 * math.Log10(0.25)
	for what, got := range map[string]float64{"peak": l.Play.Channels[0].Peak, "RMS": l.Play.Channels[0].RMS} {
		if math.Abs(got-quarter) > 0.001 {
			t.Errorf("%s of a square: %.3f, want %.3f", what, got, quarter)
		}
	}
	if !math.IsInf(l.Play.Channels[1].Peak, -1) {
		t.Errorf("the right is silent, but %v", l.Play.Channels[1])
	}
	if got, want := l.Record.Channels[1].RMS, 20*math.Log10(0.5/math.Sqrt2); math.Abs(got-want) > 0.01 {
		t.Errorf("RMS of the input %.3f, want %.3f", got, want)
	}
	c.set("play.gain=0")
	c.engine.Levels()
	c.clock.Advance(period)
	if l := c.engine.Levels(); l.Play.Frames != period || !math.IsInf(l.Play.Overall.Peak, -1) {
		t.Errorf("behind a gain of 0: %+v", l.Play)
	}
}

// TestD21Waiting: the flag is up exactly as long as a client waits to open a side.
func TestD21Waiting(t *testing.T) {
	c := newCard(t, true, false)
	if err := c.bay.Add(loop.Spec{Name: "alone", Attached: audio.Play, Clients: loop.Exclusive}, c.engine); err != nil {
		t.Fatal(err)
	}
	options := pcm.Options{Role: pcm.Client, Direction: pcm.Write}
	first, err := c.bay.Open(t.Context(), "alone", options)
	if err != nil {
		t.Fatal(err)
	}
	until := func(what string, waiting bool) {
		t.Helper()
		for deadline := time.Now().Add(5 * time.Minute); c.engine.Info().Play.Waiting != waiting; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	options.Wait = pcm.Forever
	results := make(chan error, 2)
	for range 2 {
		go func() {
			p, err := c.bay.Open(t.Context(), "alone", options)
			if err == nil {
				defer p.Abandon()
			}
			results <- err
		}()
	}
	until("nobody waits", true)
	first.Abandon()
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	until("somebody waits for ever", false)

	// Edge 40: by hand it can be set, and not taken back; the close of the side does that.
	p, err := c.bay.Open(t.Context(), "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	if err != nil {
		t.Fatal(err)
	}
	c.set("play.waiting=1")
	c.set("play.waiting=0", "play.gain=3")
	until("it was taken back", true)
	p.Abandon()
	until("the side is closed, and it waits", false)
}

// TestXrunOfTheDevice: it is the error of the device, an event, and a count.
func TestXrunOfTheDevice(t *testing.T) {
	c := newCard(t, true, true)
	events := c.bay.Subscribe(20)
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(1, 20*period))
	c.clock.Advance(2 * period)
	c.clock.Lose(3 * period)
	c.clock.Advance(2 * period)
	if i := c.engine.Info(); !i.Play.Error || i.Record.Error {
		t.Errorf("%+v", i)
	}
	if bursts, frames := c.engine.Xruns(); bursts != 1 || frames != 3*period {
		t.Errorf("%d frames in %d xruns", frames, bursts)
	}
	told := func() bool {
		for len(events.C) > 0 {
			if e := <-events.C; e.Kind == event.Underrun && e.Device == "card" {
				return true
			}
		}
		return false
	}
	for deadline := time.Now().Add(5 * time.Minute); !told(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody is told")
		}
	}
	if bursts, _ := p.Xruns(); bursts != 0 {
		t.Error("the client is to blame")
	}
}
