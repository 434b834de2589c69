package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// A tone that one device hears comes out of a loop on another clock, as loud as it was, times the gain of the
// route, and without a click.
func TestRouteBetweenClocks(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"over\"\nfrom = \"desk\"\nto = \"phone/server\"\nlatency = \"500ms\"\ngain = 128\n")
	f := audio.DefaultFormat()
	out := filepath.Join(trial.TempDir(t), "out.raw")
	recorded := background(t, nil, "--socket", d.socket, "record", "--wait", "-d", "3s", "phone", out)
	d.until("over", "flows", flows)
	d.cli("levels", "--once", "route/over").want(t, exitOK) // until it has ramped up
	levels, err := control.New(d.socket).Levels(t.Context(), "route/over")
	if err != nil {
		t.Fatal(err)
	}
	if (<-recorded).want(t, exitOK); levels.Play.Frames > 0 {
		if want := -23.01 + 20*math.Log10(128./255); math.Abs(*levels.Play.RMS[0]-want) > 0.1 {
			t.Errorf("RMS %.2f dBFS, want %.2f", *levels.Play.RMS[0], want)
		}
	}
	r, err := control.New(d.socket).Route(t.Context(), "over")
	if err != nil || r.Missing > 0 || r.Frames == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	sound := trial.ReadFile(t, out)
	left := make([]float64, len(sound)/f.FrameBytes())
	for i := range left {
		left[i] = float64(int16(binary.LittleEndian.Uint16(sound[i*f.FrameBytes():])))
	}
	tone(t, left[len(left)-24000:], 32768*0.1*128/255)
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
	out := filepath.Join(trial.TempDir(t), "out.raw")
	d.cli("record", "--wait", "-d", "2s", "phone", out).want(t, exitOK)
	sound := trial.ReadFile(t, out)
	var left []float64
	for i := len(sound) - 4*12000; i < len(sound); i += 4 {
		left = append(left, float64(int16(binary.LittleEndian.Uint16(sound[i:]))))
	}
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
