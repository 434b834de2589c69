package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// A tone that one device hears comes out of a loop on another clock, as loud as it was, times the gain of the
// route, and without a click.
func TestRouteBetweenClocks(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"over\"\nfrom = \"desk\"\nto = \"phone/server\"\nlatency = \"500ms\"\ngain = 128\n")
	var level float64
	left := d.hears("over", "phone", 24000, func() {
		d.cli("levels", "--once", "route/over").want(t, exitOK) // until it has ramped up
		levels, err := control.New(d.socket).Levels(t.Context(), "route/over")
		if err != nil {
			t.Fatal(err)
		}
		if level = math.NaN(); levels.Play.Frames > 0 {
			level = *levels.Play.RMS[0]
		}
	})
	if want := -23.01 + 20*math.Log10(128./255); math.Abs(level-want) > 0.1 {
		t.Errorf("RMS %.2f dBFS, want %.2f", level, want)
	}
	tone(t, left, 32768*0.1*128/255)
}

// hears returns the last frames on the left of a recording, when a route to the loop has flowed for as long again and
// a function has returned. No device and no program has lost any of them: on a machine that stalls the first recording
// may not be it.
func (d *desktop) hears(route, loop string, frames int, meanwhile func()) (left []float64) {
	d.Helper()
	f := audio.DefaultFormat()
	for range 20 {
		out := filepath.Join(trial.TempDir(d.T), "out.raw")
		ctx, cancel := context.WithCancel(d.Context())
		var stderr trial.Output
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, []string{"--socket", d.socket, "record", "--wait", loop, out}, nil, io.Discard, &stderr)
		}()
		d.until(route, "flows", flows)
		meanwhile()
		before, from := d.lost(), d.moved(loop)
		servertest.Until(d.T, "frames to be recorded", func() bool { return d.moved(loop) >= from+uint64(3*frames) })
		cancel()
		if status := <-ended; status != exitOK {
			d.Fatalf("the recorder ended with %d: %s", status, stderr.Text())
		}
		if lost := d.lost() - before; lost > 0 || strings.Contains(stderr.Text(), "overrun") {
			d.Logf("%d frames were lost %s", lost, stderr.Text())
			d.until(route, "waits", func(r api.Route) bool { return r.State == "waiting" }) // it still flows for a moment
			continue
		}
		sound := trial.ReadFile(d.T, out)
		for i := len(sound) - frames*f.FrameBytes(); i < len(sound); i += f.FrameBytes() {
			left = append(left, float64(int16(binary.LittleEndian.Uint16(sound[i:]))))
		}
		return left
	}
	d.Fatal("frames were lost in each of 20 recordings")
	return nil
}

// moved returns how many frames a loop has moved.
func (d *desktop) moved(loop string) uint64 {
	d.Helper()
	l, err := control.New(d.socket).Loop(d.Context(), loop)
	if err != nil {
		d.Fatal(err)
	}
	return l.Frames
}

// lost returns how many frames devices and routes have lost.
func (d *desktop) lost() (frames uint64) {
	d.Helper()
	devices, err := control.New(d.socket).Devices(d.Context())
	routes, more := control.New(d.socket).Routes(d.Context())
	if err = errors.Join(err, more); err != nil {
		d.Fatal(err)
	}
	for _, s := range devices {
		frames += s.Hardware.Lost
	}
	for _, r := range routes {
		frames += r.Missing
	}
	return frames
}

// tone fails unless x is a sine of 1 kHz with an amplitude. Two neighbours of a sample say what it must be, so that
// any click shows, whatever the phase.
func tone(t *testing.T, x []float64, amplitude float64) {
	t.Helper()
	turn := 2 * math.Cos(2*math.Pi*1000/48000)
	peak, worst := 0.0, 0.0
	for i := 1; i+1 < len(x); i++ {
		peak = max(peak, math.Abs(x[i]))
		worst = max(worst, math.Abs(x[i-1]+x[i+1]-turn*x[i]))
	}
	if math.Abs(peak-amplitude) > 0.01*amplitude {
		t.Errorf("the amplitude is %.0f, want %.0f", peak, amplitude)
	}
	if worst > 4 { // three roundings, and a ratio that moves
		t.Errorf("a sample is off by %.1f", worst)
	}
}

// What is heard on a device is recorded by a program, through a loop without a program that plays.
func TestRouteFromWhatIsHeard(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"in\"\nfrom = \"desk\"\nto = \"desk\"\n[[route]]\nname = \"tap\"\nfrom = \"desk/play\"\nto = \"phone/server\"\nlatency = \"500ms\"\n")
	d.cli("set", "desk", "play.gain=64").want(t, exitOK)
	left := d.hears("tap", "phone", 12000, func() {})
	tone(t, left, 32768*0.1*64/255)
}

// Routes that come and go cost nobody else a frame.
func TestRoutesComeAndGoBesideOthers(t *testing.T) {
	d := newDesk(t, "")
	f := audio.DefaultFormat()
	dir := trial.TempDir(t)
	in, out := filepath.Join(dir, "in.raw"), filepath.Join(dir, "out.raw")
	counted := make([]byte, 96000*f.FrameBytes()) // frame i holds i
	for i := range 96000 {
		binary.LittleEndian.PutUint32(counted[i*f.FrameBytes():], uint32(i+1))
	}
	trial.WriteFile(t, in, counted)
	recorded := background(t, nil, "--socket", d.socket, "record", "--server", "solid", out)
	played := background(t, nil, "--socket", d.socket, "play", "--wait", "solid", in)
	waitForLoop(t, d.socket, "solid", func(l api.Loop) bool { return l.Frames > 0 })
	ends := [][2]string{{"desk", "room"}, {"desk", "desk"}, {"mic", "speaker"}, {"music", "phone/server"}, {"desk/play", "room"}}
	for i := range 40 {
		name := fmt.Sprint("r", i%3)
		d.cli("route", "add", name, ends[i%5][0], ends[i%5][1]).want(t, exitOK)
		d.cli("route", "rm", name).want(t, exitOK)
	}
	(<-played).want(t, exitOK)
	(<-recorded).want(t, exitOK)
	if got := trial.ReadFile(t, out); !bytes.Equal(got, counted) {
		t.Errorf("%d of %d frames, or others", len(got)/f.FrameBytes(), len(counted)/f.FrameBytes())
	}
}

// The state of the routes of the file outlives the daemon; what was added by hand does not.
func TestRouteStateOutlivesTheDaemon(t *testing.T) {
	dir := trial.TempDir(t)
	state, socket := filepath.Join(dir, "state.json"), filepath.Join(dir, "s")
	text := desk + "[[route]]\nname = \"talk\"\nfrom = \"desk\"\nto = \"room\"\ngain = 250\n" +
		"[[route]]\nname = \"back\"\nfrom = \"desk\"\nto = \"desk\"\nmute = true\nfeedback = true\ngain = 200\n"
	d := serveText(t, text, socket, state)
	d.cli("route", "set", "talk", "play.gain=12", "play.balance=3", "output_muted=1", "play.pause=1").want(t, exitOK)
	d.cli("route", "set", "back", "play.gain=255", "output_muted=0").want(t, exitOK)
	d.cli("route", "add", "mine", "music", "speaker").want(t, exitOK)
	d.stop()
	d = serveText(t, text, socket, state)
	check := func(name, want string) {
		t.Helper()
		r, err := control.New(socket).Route(t.Context(), name)
		if got := fmt.Sprint(r.Gain, r.Balance, r.Mute, r.Pause); err != nil || got != want {
			t.Errorf("%s has %s, %v, want %s", name, got, err, want)
		}
	}
	check("talk", "12 3 true true")
	check("back", "200 32 false false") // a gain of 255 would be no feedback that dies away
	d.cli("route", "rm", "mine").want(t, exitFailed, "there is no route mine")
	d.stop()
	// A damaged file costs what is damaged.
	trial.WriteFile(t, state, []byte(`{"routes": {"talk": {"gain": 900, "balance": 7, "mute": "x"}, "other": 7}}`))
	serveText(t, text, socket, state)
	check("talk", "250 7 false false")
}
