package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// found is what scripts read of the command's JSON.
type found struct {
	Target       string   `json:"target"`
	Play, Record string   // places
	Range        float64  `json:"range_ms"`
	SameClock    bool     `json:"same_clock"`
	Route        string   `json:"route"`
	RouteLatency *float64 `json:"route_latency_ms"`
	Channels     []struct {
		Play     int `json:"play_channel"`
		Record   int `json:"record_channel"`
		Found    bool
		Latency  float64  `json:"latency_frames"`
		MS       float64  `json:"latency_ms"`
		Level    float64  `json:"level_db"`
		Polarity int      `json:"polarity"`
		SNR      *float64 `json:"snr_db"`
		Drift    *float64 `json:"drift_ppm"`
	}
}

// measures runs the command with a short sequence, and returns its JSON.
func measures(t *testing.T, socket string, args ...string) (f found) {
	t.Helper()
	o := cliRun(t, nil, append([]string{"--socket", socket, "measure", "--json", "--order=13"}, args...)...)
	o.want(t, exitOK)
	if err := json.Unmarshal([]byte(o.stdout), &f); err != nil {
		t.Fatalf("%v: %s", err, o.stdout)
	}
	return f
}

// cabled serves a device whose output a cable leads to its input. It may be late for 200 ms without loss; if it is later
// than the cable is long, that becomes longer.
func cabled(t *testing.T, frames int, change func([]float32)) (*trial.Cable, string) {
	t.Helper()
	cable := trial.NewCable(audio.DefaultFormat(), frames)
	cable.Change = change
	stream, err := null.Open(backend.Config{
		Format: cable.Format, Period: 480, Periods: 20, Play: true, Record: true,
	}, null.Options{Input: cable, Output: cable})
	if err != nil {
		t.Fatal(err)
	}
	return cable, servertest.Start(t, servertest.Options{Devices: []*loop.Engine{loop.NewEngine("card", stream)}}).Path
}

// A cable has its length to the frame, its loss and its polarity, on each channel.
func TestMeasureCable(t *testing.T) {
	for _, c := range []struct {
		name     string
		factor   float32
		length   int
		level    float64
		polarity int
	}{{"straight", 1, 4800, 0, 1}, {"inverted, and half as loud", -0.5, 5001, -6.02, -1}} {
		t.Run(c.name, func(t *testing.T) {
			cable, socket := cabled(t, c.length, func(samples []float32) {
				for i := range samples {
					samples[i] *= c.factor
				}
			})
			f, least := found{}, 0
			for least = -1; least != cable.Silent(); { // until it has kept its length
				least = cable.Silent()
				f = measures(t, socket, "card", "--order", "14")
			}
			if f.Target != "card" || f.Play != "card/play" || f.Record != "card/record" || !f.SameClock || len(f.Channels) != 2 {
				t.Fatalf("%+v", f)
			}
			for i, got := range f.Channels {
				want := float64(c.length + least)
				if !got.Found || got.Play != i+1 || got.Record != i+1 || math.Abs(got.Latency-want) > 0.01 || got.Polarity != c.polarity {
					t.Errorf("%+v, want %.0f frames, polarity %d", got, want, c.polarity)
				}
				if math.Abs(got.MS-got.Latency/48) > 1e-9 || math.Abs(got.Level-c.level) > 0.02 {
					t.Errorf("%.3f ms, %.2f dB, want %.3f, %.2f", got.MS, got.Level, want/48, c.level)
				}
				if got.SNR == nil || *got.SNR < 60 || got.Drift == nil || *got.Drift != 0 {
					t.Errorf("%+v", got)
				}
			}
		})
	}
}

// People get a line for each channel, and a picture in which there is a line.
func TestMeasureText(t *testing.T) {
	cable, socket := cabled(t, 4800, func(samples []float32) {
		for i := range samples {
			samples[i] *= float32(i%2) * -1 // the left channel is cut
		}
	})
	file := filepath.Join(trial.TempDir(t), "response.png")
	var o outcome
	for length := -1; length != cable.Silent(); {
		length = cable.Silent()
		o = cliRun(t, nil, "--socket", socket, "measure", "card", "--order", "14", "--plot", file)
		o.want(t, exitOK)
	}
	lines := strings.Split(o.stdout, "\n")
	if len(lines) != 5 || lines[0] != "card: played into card/play, recorded from card/record, 48000 Hz, one clock" ||
		strings.Join(strings.Fields(lines[1]), " ") != "CHANNEL LATENCY ±1 FRAME LEVEL POLARITY ABOVE NOISE" ||
		strings.Join(strings.Fields(lines[2]), " ") != "1 -> - nothing came back" {
		t.Errorf("%q", o.stdout)
	}
	length := fmt.Sprintf("%d frames, %.2f ms", 4800+cable.Silent(), float64(4800+cable.Silent())/48)
	if right := lines[3]; !strings.Contains(right, "2 -> 2") || !strings.Contains(right, length) || !strings.Contains(right, "0.0 dB") ||
		!strings.Contains(right, "inverted") {
		t.Errorf("%q, want %q", right, length)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	lowest := 0 // pixel of the line: an inverted peak points down
	for x := range picture.Bounds().Dx() {
		for y := 60; y < picture.Bounds().Dy(); y++ {
			if r, _, b, _ := picture.At(x, y).RGBA(); r>>8 < 60 && b>>8 > 120 {
				lowest = max(lowest, y)
			}
		}
	}
	if lowest < 400 {
		t.Errorf("the peak is drawn down to %d of %v", lowest, picture.Bounds())
	}
}

// routes has what is measured here: the devices may be late for 200 ms without loss.
const measuredRoutes = `
[[device]]
name = "null"
backend = "null"
periods = 20
[[device]]
name = "desk"
backend = "null"
periods = 20
output = "discard"
input = { tone = 1000, level = -20 }
[device.play]
[[device]]
name = "room"
backend = "null"
periods = 20
[device.play]
[[device]]
name = "ear"
backend = "null"
[device.record]
[[loop]]
name = "phone"
[[loop]]
name = "out"
[[loop]]
name = "speaker"
server = { device = "room", side = "play" }
[[loop]]
name = "mic"
server = { device = "desk", side = "record" }
[[route]]
name = "bridge"
from = "phone"
to = "out/server"
[[route]]
name = "talk"
from = "desk/play"
to = "speaker"
latency = "40ms"
[[loop]]
name = "echo"
device = "desk"
clients = "shared"
[[route]]
name = "back"
from = "room/play"
to = "echo/server"
latency = "40ms"
[[route]]
name = "listen"
from = "mic"
to = "room"
[[loop]]
name = "spare"
[[route]]
name = "still"
from = "spare"
to = "room"
pause = true
`

func newMeasured(t *testing.T) *desktop {
	return serveText(t, measuredRoutes, filepath.Join(trial.TempDir(t), "s"), "")
}

// What goes through a loop is not late at all, whichever end plays.
func TestMeasureLoop(t *testing.T) {
	d := newMeasured(t)
	for _, c := range []struct{ args, play, record string }{
		{"out", "out", "out/server"},
		{"--play out/server --record out", "out/server", "out"},
		{"out --play out/server --record out/client", "", ""},
	} {
		if c.play == "" {
			d.cli(append([]string{"measure"}, strings.Fields(c.args)...)...).want(t, exitUsage, "--play and --record say it all: leave out out")
			continue
		}
		f := measures(t, d.socket, append(strings.Fields(c.args), "--channel", "2")...)
		if f.Play != c.play || f.Record != c.record || len(f.Channels) != 1 || !f.Channels[0].Found || f.Channels[0].Latency != 0 ||
			f.Channels[0].Play != 2 || f.Channels[0].Record != 2 {
			t.Errorf("%s: %+v", c.args, f)
		}
	}
}

// A route between two loops of programs is as late as the frame with which it begins; later if the machine stalls just
// then.
func TestMeasureRoute(t *testing.T) {
	late := 0.0
	for range 10 {
		d := newMeasured(t)
		f := measures(t, d.socket, "bridge", "--channel", "1")
		late = f.Channels[0].Latency
		if f.Play != "phone/server" || f.Record != "out" || f.Route != "bridge" || !f.SameClock || f.RouteLatency != nil {
			t.Fatalf("%+v", f)
		}
		if late == 1 {
			return
		}
		d.stop()
	}
	t.Errorf("it is never 1 frame late, but %.2f", late)
}

// The ways there and back between two clocks are together as long as the way there and back on one clock, which is exact:
//
//	desk/play ─ talk ─▶ room ─ back ─▶ out, a loop on the clock of desk
func TestMeasureRouteBetweenClocks(t *testing.T) {
	for range 10 {
		d := newMeasured(t)
		ctx, cancel := context.WithCancel(t.Context())
		held := make(chan int, 1) // so that the route stays as it is
		go func() {
			held <- run(ctx, []string{"--socket", d.socket, "record", "--wait", "echo", os.DevNull, "--raw"}, nil, io.Discard, io.Discard)
		}()
		there := measures(t, d.socket, "route/talk", "--channel", "1")
		back := measures(t, d.socket, "back", "--channel", "1")
		both := measures(t, d.socket, "--play", "desk", "--record", "echo", "--channel", "1")
		again := measures(t, d.socket, "back", "--channel", "1").Channels[0].Latency - back.Channels[0].Latency
		o := d.cli("measure", "talk", "--order", "12")
		andAgain := measures(t, d.socket, "talk", "--channel", "1").Channels[0].Latency - there.Channels[0].Latency
		cancel()
		if status := <-held; status != exitOK {
			t.Errorf("the recorder ended with %d", status)
		}
		if there.Play != "desk/play" || there.Record != "room/heard" || there.Route != "talk" || there.SameClock ||
			there.RouteLatency == nil || math.Abs(*there.RouteLatency-40) > 0.1 {
			t.Errorf("%+v", there)
		}
		if back.Play != "room/play" || back.Record != "echo" || back.SameClock || !both.SameClock || both.RouteLatency != nil {
			t.Errorf("%+v, %+v", back, both)
		}
		if o.want(t, exitOK); !strings.Contains(o.stdout, "two clocks\n") || !strings.Contains(o.stdout, "DRIFT") ||
			!strings.Contains(o.stdout, "the route says that it adds ") {
			t.Errorf("%s", o.stdout)
		}
		sum, moving := 0.0, max(math.Abs(again), math.Abs(andAgain))
		for _, f := range []found{there, back} {
			sum += f.Channels[0].Latency
			moving = max(moving, math.Abs(*f.Channels[0].Drift))
		}
		if moving > 0.2 { // frames or ppm: the machine stalls, and the routes make up for that for minutes
			d.stop()
			continue
		}
		const period = 1<<13 - 1
		if off := math.Remainder(sum-both.Channels[0].Latency, period); math.Abs(off) > 2 {
			t.Errorf("there and back it is %.2f frames, and both together %.2f", sum, both.Channels[0].Latency)
		}
		return
	}
	t.Error("it was never steady")
}

// What cannot be measured says why, and what to do.
func TestMeasureRefuses(t *testing.T) {
	d := newMeasured(t)
	for _, c := range []struct {
		args   string
		status int
		words  string
	}{
		{"", exitUsage, "name a device, a loop or a route, or both --play and --record"},
		{"--play room", exitUsage, "or both --play and --record"},
		{"room --level 0", exitUsage, "--level 0 is out of range; use -80 to -1"},
		{"room --periods 0", exitUsage, "use 1 to 64"},
		{"nowhere", exitFailed, "there is no device, no loop and no route nowhere"},
		{"route/room", exitFailed, "no route route/room"},
		{"room", exitFailed, "the device room only plays: name what to record with --record"},
		{"speaker", exitFailed, "the device room only plays: name what to record with --record"},
		{"ear", exitFailed, "the device ear only records: name what to play into with --play"},
		{"null", exitFailed, "the device null has no sound: measure a loop"},
		{"listen", exitFailed, "the route listen comes from the input of a device, mic: name what leads there with --play"},
		{"still", exitFailed, "the route still is paused: loopbridge route set still play.pause=0"},
		{"desk --record speaker", exitFailed, "speaker goes to the device room: record room/play"},
		{"desk --play mic", exitFailed, "mic comes from the device desk: nothing can be played into it"},
		{"desk --play desk/record", exitFailed, "nothing can be played into desk/record: use desk, or a loop"},
		{"desk --record desk/x", exitFailed, "nothing can be recorded from desk/x: use desk, or a loop"},
		{"desk --record out/x", exitFailed, "out has no end x; use client, server, heard or mix"},
		{"desk --record mic/server", exitFailed, "mic/server: the server end is the device desk"},
		{"desk --record nowhere", exitFailed, "there is no device and no loop nowhere"},
		{"out --channel 3", exitFailed, "out has no channel 3; use 1..2"},
		{"out --order 9", exitFailed, "order 9 is out of range; use 10..18"},
		{"--play out --record speaker/server", exitFailed, "speaker/server: the server end is the device room"},
	} {
		o := d.cli(append([]string{"measure"}, strings.Fields(c.args)...)...)
		o.want(t, c.status, c.words)
		if o.stdout != "" {
			t.Errorf("%s: %q", c.args, o.stdout)
		}
	}
	d.cli("set", "desk", "output_muted=1").want(t, exitOK)
	d.cli("measure", "desk").want(t, exitFailed, "the device desk is muted: loopbridge set desk output_muted=0")
}

// Nothing comes back from a device without a cable, and scripts see that, too.
func TestMeasureNothing(t *testing.T) {
	d := newMeasured(t)
	o := d.cli("measure", "desk", "--order", "12", "--json")
	o.want(t, exitFailed, "desk: nothing of the sequence came back within 80 ms: is the cable plugged in, is the input muted?")
	var f found
	if err := json.Unmarshal([]byte(o.stdout), &f); err != nil || len(f.Channels) != 2 || f.Channels[0].Found || f.Range < 79 || f.Range > 81 {
		t.Errorf("%v %+v", err, f)
	}
	if o := d.cli("measure", "desk", "--order", "12"); o.stdout != "" {
		t.Errorf("%q", o.stdout)
	}
}

// What is measured can be measured again at once, and is left as it was. A signal ends a measurement without a result.
func TestMeasureEnds(t *testing.T) {
	d := newMeasured(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan outcome, 1)
	go func() {
		var stderr trial.Output
		status := run(ctx, []string{"--socket", d.socket, "measure", "out"}, nil, io.Discard, &stderr)
		done <- outcome{status, "", stderr.Text()}
	}()
	waitForLoop(t, d.socket, "out", func(l api.Loop) bool { return l.Frames > 0 })
	d.cli("measure", "out").want(t, exitFailed, "out: the ")
	cancel()
	(<-done).want(t, exitFailed, "stopped before there was a result")
	p, err := client.Open(t.Context(), d.socket, "out", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	if err != nil {
		t.Fatal(err)
	}
	p.Abandon()
}
