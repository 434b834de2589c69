package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/server/servertest"
)

const rest = `
[[device]]
name = "null"
freewheel = true
[[device]]
name = "main"
backend = "null"
[[loop]]
name = "steady"
[[loop]]
name = "phone"
rate = 44100
[[loop]]
name = "speaker"
server = { device = "main", side = "play" }
[[route]]
name = "talk"
from = "phone"
to = "main"
`

// TestReloadChangesTheLeast: one class of change after the other, under a loop with numbered frames that loses none.
func TestReloadChangesTheLeast(t *testing.T) {
	f := startFiled(t, rest)
	steady := f.flow("steady")
	steady.moves(5000)
	text := rest
	change := func(old, now string, want ...string) {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("there is no %q", old)
		}
		text = strings.Replace(text, old, now, 1)
		f.reload(text, want...)
		steady.moves(5000)
	}
	change("", "")
	change("[[route]]", "[[loop]]\nname = \"new\"\n[[route]]", "loop new: added")
	change("[[loop]]\nname = \"new\"\n", "", "loop new: removed")
	change("rate = 44100", "rate = 44100\non_client_close = \"hold\"\nbuffer = \"1s\"", "loop phone: buffer 340ms -> 1s, on_client_close reset -> hold")
	change(`"steady"`, "\"steady\"\non_client_close = \"silence\"\nresampler = \"best\"\nstart_timeout = \"1h\"",
		"loop steady: on_client_close reset -> silence, start_timeout none -> 1h0m0s, resampler good -> best")
	change("rate = 44100", "rate = 32000", "loop phone: replaced: rate 44100 -> 32000", "route talk: replaced: the loop phone is replaced")
	change(`to = "main"`, "to = \"main\"\ngain = 90\npause = true", "route talk: play.gain 255 -> 90, play.pause 0 -> 1")
	change("gain = 90", "gain = 90\nlatency = \"1s\"", "route talk: replaced: latency none -> 1s")
	change("[[loop]]", "play = { gain = 100 }\nmonitor_gain = 0\n[[loop]]", "device main: play.gain 255 -> 100")
	change("backend = \"null\"\n", "backend = \"null\"\nperiod = \"5ms\"\n", "device main: replaced: period 480 -> 240",
		"loop speaker: replaced: its device main is replaced", "route talk: replaced: the device main is replaced")
	change("[[loop]]", "[[device]]\nname = \"new\"\nbackend = \"null\"\ninput = { tone = 1000 }\n[[loop]]", "device new: added")
	change("[[device]]\nname = \"new\"\nbackend = \"null\"\ninput = { tone = 1000 }\n", "", "device new: removed")
	change("[[device]]", "[daemon]\nmode = \"0600\"\nlog = \"warn\"\nsocket = \"/elsewhere\"\n[[device]]",
		"daemon: mode 0660 -> 0600, log info -> warn", "daemon: socket none -> /elsewhere: takes a restart")
	change("", "", "daemon: socket none -> /elsewhere: takes a restart")

	for _, path := range []string{f.socket, control.Socket(f.socket)} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	l, err := f.Loop(t.Context(), "phone")
	if err != nil || l.Format.Rate != 32000 || l.OnClientClose != "hold" {
		t.Errorf("the loop is %+v, %v", l, err)
	}
	r, err := f.Route(t.Context(), "talk")
	if err != nil || r.Gain != 90 || !r.Pause {
		t.Errorf("the route is %+v, %v", r, err)
	}
	device, err := f.State(t.Context(), "main")
	if err != nil || device.Info.Play.Gain != 100 || device.Hardware.Period != 240 {
		t.Errorf("the device is %+v, %v", device, err)
	}
	if accepted, refused := f.Reloads(); accepted != 14 || refused != 0 {
		t.Errorf("%d reloads and %d refused", accepted, refused)
	}
	steady.left.Store(true)
	steady.sends.Abandon()
	servertest.Until(t, "silence, which is the policy that came last", func() bool { return steady.silent.Load() > 5000 })
	steady.reads.Abandon()
	steady.wait.Wait()
}

// TestReloadedLoopEndsStreams: programs at a loop that is replaced or removed get the end of the stream, and can come back to the new one.
func TestReloadedLoopEndsStreams(t *testing.T) {
	f := startFiled(t, rest)
	for _, text := range []string{strings.Replace(rest, `"steady"`, "\"steady\"\nclients = \"shared\"", 1), rest} {
		s := f.flow("steady")
		s.moves(1000)
		f.write(text)
		if _, err := f.Client.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.wait.Wait()
		for _, err := range []error{s.readErr, s.sendErr} {
			if !errors.Is(err, audio.ErrReset) && !errors.Is(err, audio.ErrGone) {
				t.Errorf("a program got %v", err)
			}
		}
		s.stop()
	}
}

// TestReloadKeepsWhatWasSet: what people have set counts until the file changes its mind, also for what is replaced.
func TestReloadKeepsWhatWasSet(t *testing.T) {
	f := startFiled(t, rest)
	set := func(name string, field state.Field, v uint32) {
		t.Helper()
		var p state.Patch
		if err := p.Set(field, v); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Set(t.Context(), name, p); err != nil {
			t.Fatal(err)
		}
	}
	gains := func(want ...int) {
		t.Helper()
		for i, name := range []string{"main", "phone", "phone/server", "route/talk"} {
			if s, err := f.State(t.Context(), name); err != nil || s.Info.Play.Gain != want[i] {
				t.Errorf("%s: %d, %v; want %d", name, s.Info.Play.Gain, err, want[i])
			}
		}
	}
	for i, name := range []string{"main", "phone", "phone/server", "route/talk"} {
		set(name, state.PlayGain, uint32(11+i))
	}
	f.reload(rest)
	gains(11, 12, 13, 14)
	text := strings.NewReplacer("rate = 44100", "rate = 32000", "backend = \"null\"\n", "backend = \"null\"\nperiod = \"5ms\"\n").Replace(rest)
	f.reload(text, "device main: replaced: period 480 -> 240", "loop phone: replaced: rate 44100 -> 32000", "loop speaker: replaced: its device main is replaced",
		"route talk: replaced: the loop phone is replaced")
	gains(11, 12, 13, 14)
	text = strings.NewReplacer("period = \"5ms\"\n", "period = \"5ms\"\nplay = { gain = 50 }\n", "to = \"main\"\n", "to = \"main\"\ngain = 60\n").Replace(text)
	f.reload(text, "device main: play.gain 255 -> 50", "route talk: play.gain 255 -> 60")
	gains(50, 12, 13, 60)
	set("main", state.PlayGain, 20)
	f.reload(text)
	gains(20, 12, 13, 60)
	text = strings.NewReplacer("gain = 50", "gain = 51", "period = \"5ms\"\n", "").Replace(text)
	f.reload(text, "device main: replaced: period 240 -> 480, play.gain 50 -> 51", "loop speaker: replaced: its device main is replaced",
		"route talk: replaced: the device main is replaced")
	gains(51, 12, 13, 60)
}

// TestReloadKeepsWhatOperatorsAdded: until the file has it.
func TestReloadKeepsWhatOperatorsAdded(t *testing.T) {
	f := startFiled(t, rest)
	if err := f.AddLoop(t.Context(), []byte(`{"name": "guest"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.AddRoute(t.Context(), []byte(`{"name": "visit", "from": "guest", "to": "main"}`)); err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveLoop(t.Context(), "steady"); err != nil {
		t.Fatal(err)
	}
	guest := f.flow("guest")
	f.reload(rest, "loop steady: added")
	f.reload(rest+"[[loop]]\nname = \"guest\"\n", "loop guest: stays, and is the file's from now on")
	guest.moves(1000)
	f.reload(rest, "loop guest: removed", "route visit: removed: from guest: there is no device and no loop guest")
	guest.wait.Wait()
	guest.stop()
	if names, err := os.ReadFile(f.socket + ".hints"); err != nil || strings.Contains(string(names), "guest") || !strings.Contains(string(names), "steady") {
		t.Errorf("aplay -L shows %s, %v", names, err)
	}
}

// TestReloadRefuses: a wrong file changes nothing, and the answer is all that is wrong with it.
func TestReloadRefuses(t *testing.T) {
	f := startFiled(t, rest)
	steady := f.flow("steady")
	events := f.bay.Subscribe(1000)
	defer events.Cancel()
	write := func(text string) func() { return func() { f.write(text) } }
	all := []struct {
		name  string
		make  func()
		lines []string // parts of each
	}{
		{"wrong", write("[[loop]]\nname = \"a\"\nrate = 1\nbuffer = 2\n"), []string{":3:8: loop[0].rate = 1: out of range", ":4:10: loop[0].buffer = 2: is an integer"}},
		{"half written", write(rest[:len(rest)-5]), []string{`route[0]`}},
		{"nothing yet", write(""), []string{":1:1: has no key, and would end all that runs"}},
		{"remarks alone", write("# later\n"), []string{"has no key"}},
		{"foreign", write("\x7fELF\x02\x01\x01\x00\x00"), []string{"not TOML"}},
		{"too large", write(strings.Repeat("#", 1<<20+1)), []string{"this is not a loopbridge configuration"}},
		{"no such people", write("[daemon]\ngroup = \"nosuchgroup\"\nusers = [\"nosuchuser\", \"norhe\"]\n" + rest),
			[]string{"there is no group nosuchgroup", "there is no user nosuchuser", "there is no user norhe"}},
		{"a device that does not open", write(rest + "[[device]]\nname = \"new\"\nbackend = \"null\"\noutput = { file = \"/no such folder/x.wav\" }\n[daemon]\nmode = \"0666\"\n"),
			[]string{"device new: output: cannot write /no such folder/x.wav"}},
		{"gone", func() { _ = os.Remove(f.file) }, []string{"cannot read " + f.file}},
		{"a folder", func() { _ = os.Mkdir(f.file, 0o755) }, []string{"is a folder; use a file as configuration"}},
		{"a pipe", func() { _ = os.Remove(f.file); _ = syscall.Mkfifo(f.file, 0o600) }, []string{"is a device, a pipe or a socket; use a file as configuration"}},
	}
	before := f.Running()
	for _, c := range all {
		c.make()
		_, err := f.Client.Reload(t.Context())
		if err == nil {
			t.Errorf("%s: it was taken", c.name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.lines) {
			t.Errorf("%s: %q", c.name, lines)
			continue
		}
		for i, words := range c.lines {
			if !strings.Contains(lines[i], words) {
				t.Errorf("%s: %q, want %q", c.name, lines[i], words)
			}
		}
		if plan := config.Compare(before, f.Running()); len(plan.Steps) > 0 {
			t.Errorf("%s: it changed %v", c.name, plan.Steps)
		}
		steady.moves(1000)
	}
	steady.stop()
	if info, err := os.Stat(f.socket); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", info, err)
	}
	if _, refused := f.Reloads(); int(refused) != len(all) {
		t.Errorf("%d were refused", refused)
	}
	told := 0
	for len(events.C) > 0 {
		if ev := <-events.C; ev.Kind == event.Reloaded && strings.HasPrefix(ev.Note, "refused, nothing has changed: ") {
			told++
		}
	}
	if told != len(all) {
		t.Errorf("%d were told", told)
	}
	if line := f.log.Line("read again and refused"); !strings.Contains(line, "loop[0].buffer") {
		t.Errorf("the log has %q in\n%s", line, f.log.Text())
	}
}

func TestReloadWithoutAConfiguration(t *testing.T) {
	f := startFiled(t, rest, func(d *Daemon) { d.source = Source{} })
	if _, err := f.Client.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "was started without a configuration") {
		t.Errorf("%v", err)
	}
	r, err := f.Client.Diff(t.Context(), "", []byte(rest+"[[loop]]\nname = \"new\"\n"))
	if err != nil || !slices.Equal(textsOf(r), []string{"loop new: added"}) {
		t.Errorf("%v, %v", r, err)
	}
}

const cardFile = `
[[device]]
name = "main"
backend = "alsa"
card = "id:One"
required = true
[[loop]]
name = "speaker"
server = { device = "main", side = "play" }
`

// TestReloadOfCards: a card is opened again when the old one is closed, and is as it was if that fails.
func TestReloadOfCards(t *testing.T) {
	var mu sync.Mutex
	open, broken := map[string]int{}, map[string]bool{"id:Broken": true}
	f := startFiled(t, cardFile, func(d *Daemon) {
		d.cards.opener = func(c config.Device, name string, wish backend.Config) (backend.Stream, error) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case broken[name]:
				return nil, audio.ErrNoDevice.With("no card %s", name)
			case open["any"] > 0:
				return nil, audio.ErrBusy.With("the card is in use")
			}
			s, err := null.Open(wish, null.Options{Freewheel: true})
			open["any"]++
			return heldCard{s, func() {
				mu.Lock()
				defer mu.Unlock()
				open["any"]--
			}}, err
		}
	})
	f.reload(strings.Replace(cardFile, "required", "period = \"5ms\"\nrequired", 1), "device main: replaced: period 480 -> 240",
		"loop speaker: replaced: its device main is replaced")
	f.reload(strings.Replace(cardFile, `"main"`, `"other"`, -1), "device main: removed", "device other: added",
		"loop speaker: replaced: device main -> other, server main/play -> other/play")
	f.reload(cardFile, "device other: removed", "device main: added", "loop speaker: replaced: device other -> main, server other/play -> main/play")
	f.write(strings.Replace(cardFile, "id:One", "id:Broken", 1))
	r, err := f.Client.Reload(t.Context())
	if err != nil || len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "device main stays as it was: no card id:Broken") {
		t.Errorf("%+v, %v", r, err)
	}
	if d := f.Running(); d.Device("main").Card.Name != "id:One" {
		t.Errorf("it runs on %s", d.Device("main").Card.Name)
	}
	if _, err := f.Loop(t.Context(), "speaker"); err != nil {
		t.Error(err)
	}
	f.reload(cardFile)
	if n := len(f.cards.plugged); n != 1 {
		t.Errorf("%d streams are told of cards", n)
	}
}

// heldCard is a card that only one can open at a time.
type heldCard struct {
	backend.Stream
	closed func()
}

func (c heldCard) Close() error {
	c.closed()
	return c.Stream.Close()
}

// TestReloadBesideOperators: reloads and commands in any order leave what the file says, and what was added.
func TestReloadBesideOperators(t *testing.T) {
	f := startFiled(t, rest)
	steady := f.flow("steady")
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			for n := range 20 {
				name := fmt.Sprintf("guest%d-%d", i, n)
				if err := f.AddLoop(t.Context(), fmt.Appendf(nil, `{"name": %q}`, name)); err != nil {
					t.Error(err)
				}
				if _, err := f.Loops(t.Context()); err != nil {
					t.Error(err)
				}
				if n%2 == 0 {
					if err := f.RemoveLoop(t.Context(), name); err != nil {
						t.Error(err)
					}
				}
			}
		})
		all.Go(func() {
			for n := range 10 {
				if i == 0 {
					f.write(strings.Replace(rest, "44100", []string{"44100", "32000"}[n%2], 1)) // while others read it
				}
				_, _ = f.Client.Reload(t.Context()) // refused, if it is half written
			}
		})
	}
	all.Wait()
	steady.moves(1000)
	steady.stop()
	f.write(rest)
	if _, err := f.Client.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.reload(rest)
	loops, err := f.Loops(t.Context())
	if running := f.Running(); err != nil || len(loops) != 3+30 || len(running.Loops) != len(loops) {
		t.Errorf("%d loops, %d are said to run, %v", len(loops), len(running.Loops), err)
	}
}

// TestReloadTellsWhenItBegins: what a service manager has to know.
func TestReloadTellsWhenItBegins(t *testing.T) {
	var told []bool
	f := startFiled(t, rest, func(d *Daemon) { d.source.Reloading = func(begun bool) { told = append(told, begun) } })
	f.reload(rest)
	f.write("wrong")
	if _, err := f.Client.Reload(t.Context()); err == nil {
		t.Error("it was taken")
	}
	if want := []bool{true, false, true, false}; !slices.Equal(told, want) {
		t.Errorf("told %v", told)
	}
}

// TestReloadOfTheLogLevel: what is logged changes at once, for all that log.
func TestReloadOfTheLogLevel(t *testing.T) {
	f := startFiled(t, rest)
	lines := func() int { return strings.Count(f.log.Text(), "\n") }
	f.reload(rest+"[daemon]\nlog = \"error\"\n", "daemon: log info -> error")
	if f.log.Line("log info -> error") == "" {
		t.Errorf("the change itself is not logged:\n%s", f.log.Text())
	}
	before := lines()
	f.reload(rest+"[daemon]\nlog = \"error\"\n[[loop]]\nname = \"new\"\n", "loop new: added")
	f.flow("steady").stop()
	if now := lines(); now != before {
		t.Errorf("logged:\n%s", f.log.Text())
	}
	f.reload(rest+"[daemon]\nlog = \"debug\"\n", "daemon: log error -> debug", "loop new: removed")
	f.flow("steady").stop()
	f.log.Until(t, `"level":"debug"`)
}

// TestReloadLeavesNothingBehind: neither descriptors nor goroutines, however often devices, loops and routes are replaced.
func TestReloadLeavesNothingBehind(t *testing.T) {
	f := startFiled(t, rest)
	texts := []string{strings.Replace(rest, "backend = \"null\"\n", "backend = \"null\"\nperiod = \"5ms\"\n", 1), rest}
	count := func() (goroutines, descriptors int) {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return runtime.NumGoroutine(), len(files)
	}
	again := func() {
		for n := range 20 {
			f.write(texts[n%2])
			if r, err := f.Client.Reload(t.Context()); err != nil || len(r.Changes) != 3 {
				t.Fatal(r, err)
			}
		}
	}
	again()
	goroutines, descriptors := count()
	again()
	servertest.Until(t, "as much to be there as before", func() bool {
		nowGoroutines, nowDescriptors := count()
		return nowGoroutines <= goroutines && nowDescriptors <= descriptors
	})
}

// TestReloadOfHundredsOfLoops: one changes again and again, and the others lose nothing.
func TestReloadOfHundredsOfLoops(t *testing.T) {
	var text strings.Builder
	text.WriteString("[[device]]\nname = \"null\"\nfreewheel = true\n")
	for i := range 300 {
		fmt.Fprintf(&text, "[[loop]]\nname = \"loop%d\"\n", i)
	}
	f := startFiled(t, text.String())
	var flows []*flow
	for i := range 10 {
		flows = append(flows, f.flow(fmt.Sprintf("loop%d", 30*i)))
	}
	rates := []int{48000, 44100, 32000}
	for n := range 10 {
		before, after := rates[n%3], rates[(n+1)%3]
		f.reload(strings.Replace(text.String(), "\"loop155\"\n", fmt.Sprintf("\"loop155\"\nrate = %d\n", after), 1),
			fmt.Sprintf("loop loop155: replaced: rate %d -> %d", before, after))
		for _, s := range flows {
			s.moves(1000)
		}
	}
	for _, s := range flows {
		s.stop()
	}
}

// TestReloadOfADaemonThatEnded: an operator's request may come that late.
func TestReloadOfADaemonThatEnded(t *testing.T) {
	d, err := Start(config.Default(), filepath.Join(trial.TempDir(t), "s"), zerolog.Nop(), Source{Load: func() (config.Config, error) {
		return config.Parse("test", []byte("[[loop]]\nname = \"new\"\n"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	_, err = d.Reload()
	servertest.Is(t, err, audio.ErrClosed)
}
