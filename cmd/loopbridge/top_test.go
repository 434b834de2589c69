package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/top"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// sight is a screen that a test looks at.
type sight struct {
	*testing.T
	tells chan func(any)
	over  chan struct{}

	mu    sync.Mutex
	shown string
	stops int
}

func (s *sight) Listen(tell func(any)) {
	tell(top.Resized{Columns: 120, Lines: 40})
	s.tells <- tell
	<-s.over
}

func (s *sight) Show(c *top.Canvas) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = c.Text()
}

func (s *sight) Redraw() {}
func (s *sight) Close()  {}
func (s *sight) Stop()   { s.stops++ }

func (s *sight) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// sees waits until all words are on the screen.
func (s *sight) sees(words ...string) {
	s.Helper()
	servertest.Until(s, "the screen to show "+strings.Join(words, ", "), func() bool {
		text := s.text()
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false
			}
		}
		return true
	})
}

// watchTop runs top on a daemon until the test ends; keys go to what it returns.
func watchTop(t *testing.T, socket string) (s *sight, press func(keys ...top.Key), done <-chan struct{}) {
	t.Helper()
	s = &sight{T: t, tells: make(chan func(any), 1), over: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	client := control.New(socket)
	go func() {
		defer close(ended)
		top.Run(ctx, client, s, &top.Model{Title: socket, Interval: 100 * time.Millisecond})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		close(s.over)
		client.Close()
	})
	tell := <-s.tells
	return s, func(keys ...top.Key) {
		for _, k := range keys {
			tell(k)
		}
	}, ended
}

// info waits until a field has a value.
func (d *desktop) has(name, field, want string) {
	d.Helper()
	f, _ := state.FieldByName(field)
	servertest.Until(d, name+" "+field+" to be "+want, func() bool {
		s, err := control.New(d.socket).State(d.Context(), name)
		return err == nil && f.Text(&s.Info) == want
	})
}

// Keys change what they say, in the daemon, and the screen shows what came of it; so does it what others change.
func TestTopKeysReachTheDaemon(t *testing.T) {
	d := newDesk(t, "")
	s, press, done := watchTop(t, d.socket)
	s.sees("desk:play", "desk:record", "room:play", "music", "speaker", "mic", "-20.0")
	press("-", "-", top.KeyPageDown)
	d.has("desk", "play.gain", "101")
	s.sees("play.gain", "gain -8.0 dB")
	press("0", "m", "b")
	d.has("desk", "play.gain", "255")
	d.has("desk", "output_muted", "1")
	d.has("desk", "play.balance", "30")
	s.sees("muted, balance L2")
	press("m", "B")
	d.has("desk", "output_muted", "0")
	d.has("desk", "play.balance", "32")

	press(top.KeyDown, top.KeyPageDown)
	d.has("desk", "record.gain", "128")
	press("m")
	s.sees("only what is played can be muted")

	press("/", "p", "h", "o", "n", top.KeyEnter, "-")
	d.has("phone", "play.gain", "227")
	d.has("phone/server", "play.gain", "255")
	press(top.KeyEscape)
	s.sees("desk:play")

	patch, err := state.ParsePatch("play.gain=7")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := control.New(d.socket).Set(t.Context(), "phone", patch); err != nil {
		t.Fatal(err)
	}
	s.sees("227 -> 7", "-31.2")

	press(top.KeyStop, "q")
	<-done
	if s.stops != 1 {
		t.Errorf("it was stopped %d times", s.stops)
	}
}

// Ports and routes have menus; what the daemon refuses is a sentence.
func TestTopMenusReachTheDaemon(t *testing.T) {
	d := newDesk(t, "")
	s, press, _ := watchTop(t, d.socket)
	s.sees("desk:play", "port speaker of")
	press("p", top.KeyDown, " ")
	d.has("desk", "play.port", "speaker+headphone")
	press(top.KeyEscape, "p", top.KeyDown, top.KeyEnter)
	d.has("desk", "play.port", "headphone")

	press("r")
	s.sees("a new route")
	press(top.KeyEnter)
	s.sees("a route from", "desk/record", "music/heard")
	press(top.KeyEnter)
	s.sees("a route from desk/record to")
	press("j", top.KeyEnter, "2", top.KeyEnter)
	s.sees("route/desk-record-room-play2", "there is a route desk-record-room-play2")
	r, err := control.New(d.socket).Route(t.Context(), "desk-record-room-play2")
	if err != nil || r.From != "desk/record" || r.To != "room/play" {
		t.Errorf("the daemon has %+v, %v", r, err)
	}
	press("r")
	s.sees("desk-record-room-play2: desk/record → room/play")
	press("j", "x", "j", top.KeyEnter)
	s.sees("the route desk-record-room-play2 is removed")
	if _, err := control.New(d.socket).Route(t.Context(), "desk-record-room-play2"); err == nil {
		t.Error("the route is still there")
	}
	press("r", top.KeyEnter, "j", top.KeyEnter, top.KeyEnter, top.KeyEnter) // from desk/play to desk/play
	s.sees("would close a cycle")
}

// An alarm that is raised is on the screen until somebody acknowledges it there.
func TestTopAcknowledgesAlarms(t *testing.T) {
	d := newDesk(t, "[[alarm]]\nname = \"alone\"\non = \"no-client\"\nof = \"phone\"\nfor = \"100ms\"\n")
	s, press, _ := watchTop(t, d.socket)
	s.sees("1 alarm, 1 raised", "alarm/alone", "raised for", "▲ 1 alarm")
	press("a")
	s.sees("alone: ", "Enter: acknowledge")
	press(top.KeyEnter)
	s.sees("the alarm alone is acknowledged", "acknowledged for")
	if a, err := control.New(d.socket).Alarm(t.Context(), "alone"); err != nil || a.Ack == nil || a.Ack.By == "" {
		t.Errorf("the daemon has %+v, %v", a, err)
	}
	press("a")
	s.sees("no alarm is raised")
}

// Recorders are on the screen, with what they do.
func TestTopShowsRecorders(t *testing.T) {
	dir := t.TempDir()
	d := newDesk(t, fmt.Sprintf("[[recorder]]\nname = \"log\"\nof = \"desk/record\"\npath = %q\n", dir+"/{name}-{time}.wav"))
	s, _, _ := watchTop(t, d.socket)
	s.sees("1 recorder", "recorder/log  recording", "desk/record, ", "kB")
}

// The screen outlives the daemon: it says that it has gone, and goes on when it is there again.
func TestTopOutlivesTheDaemon(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	s, press, _ := watchTop(t, socket)
	s.sees("no daemon on", "trying again", "waiting for the daemon")
	d := serveText(t, desk, socket, "")
	s.sees("the daemon answers again", "desk:record", "-20.0")
	press("-")
	s.sees("gain -1.0 dB")
	d.stop()
	s.sees("trying again", "desk:record")
	serveText(t, desk, socket, "")
	s.sees("the daemon answers again", "gain 0.0 dB", "-20.0")
}

// --once prints a screen as text, --json all there is.
func TestTopOnce(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"talk\"\nfrom = \"desk\"\nto = \"room\"\n")
	o := cliRun(t, nil, "--socket", d.socket, "top", "--once", "--interval", "200ms")
	o.want(t, exitOK)
	for _, word := range []string{"loopbridge", "desk:play", "desk:record", "-20.0", "room:play", "phone", "closed", "route/talk", "desk"} {
		if !strings.Contains(o.stdout, word) {
			t.Errorf("%q is missing in\n%s", word, o.stdout)
		}
	}
	if strings.Contains(o.stdout, "\x1b") || strings.Contains(o.stdout, "q quit") {
		t.Errorf("it is no plain text:\n%q", o.stdout)
	}
	o = cliRun(t, nil, "--socket", d.socket, "top", "--json", "--loudness")
	o.want(t, exitOK)
	var s top.Snapshot
	if err := json.Unmarshal([]byte(o.stdout), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Devices) != 3 || len(s.Loops) != 5 || len(s.Routes) != 1 || len(s.Ends) != 5 || s.Load.CPU == nil || s.Load.Memory == 0 {
		t.Errorf("it has %d devices, %d loops, %d routes, %d ends, %+v", len(s.Devices), len(s.Loops), len(s.Routes), len(s.Ends), s.Load)
	}
	if m := s.Meters["desk:record"]; m == nil || *m.Peak[0] != -2000 || m.TruePeak == nil || m.Momentary == nil {
		t.Errorf("the meter is %+v", m)
	}
	if m, there := s.Meters["phone/client"]; m != nil || !there {
		t.Errorf("nobody is at an end, and its meter is %+v", m)
	}
	cliRun(t, nil, "--socket", d.socket, "top").want(t, exitUsage, "--once")
	cliRun(t, nil, "--socket", d.socket, "top", "--once", "--interval", "1ms").want(t, exitUsage, "50ms to 10s")
	cliRun(t, nil, "--socket", d.socket+"x", "top", "--once").want(t, exitFailed, "no daemon")
}
