package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// desk has two devices, of which one hears a tone, and loops.
const desk = `
[[device]]
name = "null"
periods = 100
[[device]]
name = "desk"
backend = "null"
periods = 100
input = { tone = 1000, level = -20 }
output = "discard"
[device.play]
[[device]]
name = "room"
backend = "null"
periods = 100
[device.play]
[[loop]]
name = "music"
buffer = "2s"
[[loop]]
name = "phone"
buffer = "2s"
[[loop]]
name = "solid"
buffer = "2s"
[[loop]]
name = "speaker"
server = { device = "room", side = "play" }
[[loop]]
name = "mic"
server = { device = "desk", side = "record" }
`

// desktop is a daemon with a configuration, and its command line.
type desktop struct {
	*testing.T
	socket string
	daemon *daemon.Daemon
}

// serveText starts a daemon in this process, that keeps its state in a file if one is named.
func serveText(t *testing.T, text, socket, state string) *desktop {
	t.Helper()
	c, err := config.Parse("test.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c.Daemon.State = state
	d := &desktop{T: t, socket: socket}
	if d.daemon, err = daemon.Start(c, socket, zerolog.Nop(), daemon.Source{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.stop)
	return d
}

func newDesk(t *testing.T, more string) *desktop {
	return serveText(t, desk+more, filepath.Join(trial.TempDir(t), "s"), "")
}

func (d *desktop) stop() {
	if d.daemon == nil {
		return
	}
	if err := d.daemon.Close(); err != nil {
		d.Error(err)
	}
	d.daemon = nil
}

func (d *desktop) cli(args ...string) outcome {
	d.Helper()
	return cliRun(d.T, nil, append([]string{"--socket", d.socket}, args...)...)
}

// until waits for a route.
func (d *desktop) until(name, what string, is func(r api.Route) bool) {
	d.Helper()
	servertest.Until(d.T, name+" "+what, func() bool {
		r, err := control.New(d.socket).Route(d.Context(), name)
		return err == nil && is(r)
	})
}

func flows(r api.Route) bool { return r.State == "flowing" }

func TestRouteCommands(t *testing.T) {
	d := newDesk(t, "")
	if o := d.cli("route", "ls"); o.stdout != "ROUTE  FROM -> TO  GAIN  STATE  PPM  LATENCY  RESYNCS\n" {
		t.Errorf("%q", o.stdout)
	}
	if o := d.cli("route", "ls", "--json"); o.stdout != "{\n  \"routes\": []\n}\n" {
		t.Errorf("%q", o.stdout)
	}
	o := d.cli("route", "add", "talk", "desk", "room", "--gain", "200", "--balance", "30", "--pause", "--latency", "200ms",
		"--drift", "resample", "--quality", "fast", "--channels", "2,1 -> 1,2", "--feedback")
	if o.want(t, exitOK); o.stdout != "talk: desk -> room\n" {
		t.Errorf("%q", o.stdout)
	}
	d.cli("route", "add", "listen", "music", "speaker", "--mute").want(t, exitOK)
	d.until("talk", "is connected", func(r api.Route) bool { return r.Clock != nil })
	var list api.Routes
	if err := json.Unmarshal([]byte(d.cli("route", "ls", "--json").stdout), &list); err != nil || len(list.Routes) != 2 {
		t.Fatal(err, list)
	}
	if r := list.Routes[0]; r.WaitsFor != "music" || !r.Mute || r.Gain != 255 || r.Clock != nil {
		t.Errorf("%+v", r)
	}
	if r := list.Routes[1]; r.Gain != 200 || r.Balance != 30 || !r.Pause || r.Drift != "resample" || r.Quality != "fast" ||
		r.Channels != "2,1 -> 1,2" || !r.Feedback || r.Clock.Target != 200 {
		t.Errorf("%+v %+v", r, r.Clock)
	}
	o = d.cli("route", "ls")
	for _, line := range []string{"listen  music -> speaker  mute  waits for music", "talk    desk -> room      200   paused"} {
		if !strings.Contains(o.stdout, line) {
			t.Errorf("no %q in\n%s", line, o.stdout)
		}
	}
	// A route that waits can be paused, too.
	if o = d.cli("route", "set", "listen", "play.gain=10", "play.pause=1", "output_muted=0"); o.stdout !=
		"play.gain: 255 -> 10\nplay.pause: 0 -> 1\noutput_muted: 1 -> 0\n" {
		t.Errorf("%q %q", o.stdout, o.stderr)
	}
	if o = d.cli("info", "route/listen"); !strings.Contains(o.stdout, "play.gain=10\n") ||
		!strings.Contains(o.stdout, "\nroute.from=music\n") || !strings.Contains(o.stdout, "\nroute.state=waiting\n") {
		t.Errorf("%s", o.stdout)
	}
	var whole struct{ Route api.Route }
	if o = d.cli("info", "--json", "route/listen"); json.Unmarshal([]byte(o.stdout), &whole) != nil || whole.Route.From != "music" {
		t.Errorf("%s", o.stdout)
	}
	if o = d.cli("info", "-n", "route/listen", "play.gain", "play.pause", "output_muted", "play.open"); o.stdout != "10\n1\n0\n0\n" {
		t.Errorf("%q %q", o.stdout, o.stderr)
	}
	d.cli("route", "rm", "talk").want(t, exitOK)
	d.cli("route", "rm", "talk").want(t, exitFailed, "there is no route talk")
	d.cli("route", "set", "talk", "play.gain=1").want(t, exitFailed, "there is no route talk")
	d.cli("info", "route/talk").want(t, exitFailed, "there is no route talk")
}

func TestRouteAddRefuses(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"talk\"\nfrom = \"music\"\nto = \"phone\"\n")
	for _, c := range []struct {
		args   string
		status int
		words  string
	}{
		{"add talk desk room", exitFailed, "there is a route talk already"},
		{"add x nowhere room", exitFailed, "x: from: there is no device and no loop nowhere"},
		{"add x desk room/record", exitFailed, "x: to: room/record: a route can only come from it"},
		{"add x speaker room", exitFailed, "x: from: speaker: a route can only go to it"},
		{"add x room/record room", exitFailed, "x: from: the device room has nothing to record"},
		{"add x phone/server music/server", exitFailed, "x would close a cycle, in which sound grows without end: phone/server -> music/client -> phone/server; if you want it"},
		{"add x phone/server music/server --feedback", exitFailed, "set feedback = true and a gain below 255"},
		{"add x phone/server music/server --feedback --gain=254", exitOK, ""},
		{"add x desk room --latency=1ms", exitFailed, "a latency of 1ms is too low; the least is 4.83ms"},
		{"add x desk room --latency=5s", exitFailed, "route[0].latency = '5s': out of range, use 1ms..4s"},
		{"add x desk room --latency=5", exitUsage, "5 lacks a unit"},
		{"add x desk room --gain=256", exitFailed, "route[0].gain = 256: out of range, use 0..255"},
		{"add x desk room --gain=x", exitUsage, "--gain"},
		{"add x desk room --drift=speed", exitFailed, "route[0].drift = 'speed': unknown, use one of auto, resample, pitch, none"},
		{"add x desk room --drift=pitch", exitFailed, "x: drift = \"pitch\" is not possible: neither desk nor room has a control of its clock"},
		{"add x desk room --channels=1->1,2", exitFailed, "1 channels cannot go to 2"},
		{"add x desk room --channels=3->1", exitFailed, "x: from has 2 channels, and no channel 3"},
		{"add x desk speaker --channels=1->4", exitFailed, "x: to has 2 channels, and no channel 4"},
		{"add x/y desk room", exitFailed, "route[0].name = 'x/y': not a name"},
		{"add x desk", exitUsage, "expected"},
		{"ls --graph --dot", exitUsage, "can't be used together"},
		{"set talk", exitUsage, "expected"},
		{"set talk gain=1", exitUsage, "no such field"},
		{"set talk play.gain=256", exitUsage, "out of range"},
	} {
		o := d.cli(append([]string{"route"}, strings.Fields(c.args)...)...)
		if o.status != c.status || !strings.Contains(o.stderr, c.words) {
			t.Errorf("%s: %d %q, want %q", c.args, o.status, o.stderr, c.words)
		}
		d.cli("route", "rm", "x")
	}
	if o := d.cli("route", "ls"); strings.Count(o.stdout, "\n") != 2 {
		t.Errorf("more than talk:\n%s", o.stdout)
	}
	// In a file, the same is found without a daemon.
	_, err := config.Parse("f", []byte(desk+"[[route]]\nname = \"x\"\nfrom = \"nowhere\"\nto = \"mic\"\n"))
	if err == nil || !strings.Contains(err.Error(), "there is no device and no loop nowhere\n") || !strings.Contains(err.Error(), ": a route can only come from it") {
		t.Errorf("%v", err)
	}
}

// What only a running daemon knows is said with the line of the route.
func TestRouteOfTheFileThatCannotBe(t *testing.T) {
	c, err := config.Parse("f", []byte("[[route]]\nname = \"x\"\nfrom = \"null\"\nto = \"b\"\nlatency = \"1ms\"\n[[device]]\nname = \"b\"\nbackend = \"null\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = daemon.Start(c, filepath.Join(trial.TempDir(t), "s"), zerolog.Nop(), daemon.Source{})
	if !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), "the route in line 1: x: a latency of 1ms is too low") {
		t.Errorf("%v", err)
	}
}

// A route waits for programs, carries what they play bit by bit, and waits for the next.
func TestRouteWaitsForPrograms(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"patch\"\nfrom = \"music\"\nto = \"phone/server\"\n")
	f := audio.DefaultFormat()
	dir := trial.TempDir(t)
	in, out := filepath.Join(dir, "in.raw"), filepath.Join(dir, "out.raw")
	silence, sound := make([]byte, 24000*f.FrameBytes()), trial.Noise(f, 24000)
	trial.WriteFile(t, in, silence, sound, silence)
	for carried, tries := 0, 0; carried < 2; tries++ {
		if tries == 20 {
			t.Fatal("the machine stalls all the time: frames were lost each time")
		}
		before := d.lost()
		d.until("patch", "waits", func(r api.Route) bool { return r.State == "waiting" && r.WaitsFor == "music" })
		recorded := background(t, nil, "--socket", d.socket, "record", "--wait", "phone", out)
		d.cli("play", "--server", "--buffer", "2s", "music", in).want(t, exitOK)
		(<-recorded).want(t, exitOK)
		if lost := d.lost() - before; lost > 0 {
			t.Logf("%d frames were lost", lost)
			continue
		}
		carried++
		if got := trial.ReadFile(t, out); !bytes.Contains(got, sound) {
			t.Errorf("the sound is not in the %d frames that were recorded", len(got)/f.FrameBytes())
		}
	}
	// So it does for a loop that goes, and comes again.
	d.cli("loop", "rm", "music").want(t, exitOK)
	d.until("patch", "has no loop", func(r api.Route) bool { return strings.Contains(r.Error, "there is no loop music") })
	d.cli("loop", "add", "music").want(t, exitOK)
	d.until("patch", "waits again", func(r api.Route) bool { return r.State == "waiting" && r.Error == "" })
}
