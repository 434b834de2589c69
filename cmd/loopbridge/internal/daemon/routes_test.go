package daemon

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/servo"
)

// pluggable is a stream that is unplugged while there is false.
type pluggable struct {
	backend.Stream
	there *atomic.Bool
}

func (p pluggable) Wait() (backend.Tick, error) {
	if !p.there.Load() {
		return backend.Tick{}, audio.ErrGone.With("unplugged")
	}
	return p.Stream.Wait()
}

const talk = `
[[device]]
name = "main"
backend = "alsa"
card = "id:Headset"
[[device]]
name = "room"
backend = "null"
[[loop]]
name = "speaker"
server = { device = "room", side = "play" }
[[route]]
name = "talk"
from = "main"
to = "room"
latency = "500ms"
`

// TestRouteOfACardThatGoes: the route flows on what stands in, and on the card that is back. A program beside it
// hears of nothing, and the log has a line for each change.
func TestRouteOfACardThatGoes(t *testing.T) {
	c, err := config.Parse("test", []byte(talk))
	if err != nil {
		t.Fatal(err)
	}
	log := &trial.Output{}
	d := newDaemon(zerolog.New(log))
	var there atomic.Bool
	there.Store(true)
	d.cards.opener = func(_ config.Device, _ string, wish backend.Config) (backend.Stream, error) {
		if !there.Load() {
			return nil, audio.ErrNoDevice.With("no card")
		}
		s, err := null.Open(wish, null.Options{})
		return pluggable{s, &there}, err
	}
	socket := filepath.Join(trial.TempDir(t), "s")
	if err := d.start(c, socket); err != nil {
		t.Fatal(err)
	}
	p, err := client.Open(t.Context(), socket, "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		for block := make([]byte, 480*4); ; {
			if _, err := p.Write(t.Context(), block); err != nil {
				ended <- err
				return
			}
		}
	}()
	flows := func() {
		t.Helper()
		moved := -1
		servertest.Until(t, "sound to flow", func() bool {
			r, err := d.routes.Route("talk")
			if err != nil {
				t.Fatal(err)
			}
			if now := r.Status(); now.State == route.Flowing {
				if moved < 0 {
					moved = int(now.Frames)
				}
				return int(now.Frames) > moved
			}
			moved = -1
			return false
		})
	}
	flows()
	log.Until(t, `"route":"talk","message":"sound flows`)
	there.Store(false)
	log.Until(t, "null stands in")
	flows()
	there.Store(true)
	d.cards.tell()
	log.Until(t, "takes over from null")
	flows()
	select {
	case err := <-ended:
		t.Errorf("the program beside it was told %v", err)
	default:
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	<-ended
	for _, words := range []string{`"route":"talk","message":"silent: connected, measuring the clocks"`, `"route":"talk","message":"sound flows`} {
		if log.Line(words) == "" {
			t.Errorf("no %s in\n%s", words, log.Text())
		}
	}
	if n := strings.Count(log.Text(), `"route":"talk"`); n > 20 {
		t.Errorf("%d lines of a route in\n%s", n, log.Text())
	}
}

// What a person is told is told again when it is news, and not when a number has moved.
func TestSentences(t *testing.T) {
	for _, c := range []struct {
		s         route.Status
		key, note string
	}{
		{route.Status{State: route.Waiting}, "", ""},
		{route.Status{State: route.Waiting, WaitsFor: "a/play"}, "", "waits for a/play"},
		{route.Status{State: route.Waiting, WaitsFor: "a/play", Err: audio.ErrBusy.With("held")}, "", "waits for a/play: held"},
		{route.Status{State: route.Silent, Paused: true}, "", "paused"},
		{route.Status{State: route.Silent}, "", "silent: connected, and nothing comes"},
		{route.Status{State: route.Silent, Follows: true}, "", "silent: connected, measuring the clocks"},
		{route.Status{State: route.Silent, Follows: true, Servo: servo.ServoState{Reason: servo.Silent}}, "", "silent: lost, a clock stands still"},
		{route.Status{State: route.Flowing}, "", "sound flows"},
		{route.Status{State: route.Flowing, Follows: true, Servo: servo.ServoState{State: servo.Acquiring}}, "", "sound flows, acquiring the clocks"},
		{route.Status{State: route.Flowing, Follows: true, Rate: 48000, Servo: servo.ServoState{State: servo.Locked, Ratio: 1.00001234, Latency: 480.2}},
			"locked", "sound flows, locked at +12.34 ppm, latency 10ms"},
		{route.Status{State: route.Flowing, Follows: true, Rate: 48000, Actuator: route.ByPitch, Moves: "in",
			Servo: servo.ServoState{State: servo.Locked, Ratio: 1.00001234, Latency: 480.2}},
			"locked, by pitch of in", "sound flows, locked at +12.34 ppm, latency 10ms, by pitch of in"},
		{route.Status{State: route.Flowing, Follows: true, Actuator: route.ByResampler, Why: audio.ErrIO.With("it fails"),
			Servo: servo.ServoState{State: servo.Acquiring}}, "", "sound flows, acquiring the clocks, resampled: it fails"},
	} {
		key, note := sentence(&c.s)
		if c.key == "" {
			c.key = c.note
		}
		if key != c.key || note != c.note {
			t.Errorf("%+v: %q %q", c.s, key, note)
		}
	}
}
