package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// cardConfig adds a device with sound, named card, and loops at its sides.
func cardConfig(c *config.Config) {
	card := config.DefaultDevice()
	card.Name, card.Backend, card.Play, card.Record = "card", config.Null, true, true
	c.Devices = append(c.Devices, card)
	for name, side := range map[string]audio.Direction{"speaker": audio.Play, "mic": audio.Record} {
		l := config.DefaultLoop()
		l.Name, l.Device, l.Attached, l.Clients = name, "card", side, loop.Shared
		c.Loops = append(c.Loops, l)
	}
}

// Edge 62: the order is that of the fields, and what is printed can be given back.
func TestInfoAndSetD18(t *testing.T) {
	socket := testDaemon(t, cardConfig)
	cli := func(args ...string) outcome { return cliRun(t, nil, append([]string{"--socket", socket}, args...)...) }
	o := cli("info")
	o.want(t, exitOK)
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	i := 0
	for f := range state.Fields() {
		if i >= len(lines) || !strings.HasPrefix(lines[i], f.Name()+"=") {
			t.Fatalf("line %d is not %s: %s", i, f, o.stdout)
		}
		if f.Access()&state.Settable != 0 {
			cli("set", "card", lines[i]).want(t, exitOK, ignoredWords(lines[i])...)
		}
		i++
	}

	o = cli("set", "card", "play.gain=128", "play.port=headphone+line_out", "monitor_gain=40", "record.balance=0")
	o.want(t, exitOK)
	if want := "play.gain: 255 -> 128\nplay.port: speaker -> headphone+line_out\nrecord.balance: 32 -> 0\nmonitor_gain: 0 -> 40\n"; o.stdout != want {
		t.Errorf("%q, want %q", o.stdout, want)
	}
	if o = cli("set", "card", "play.gain=128"); o.stdout != "" || o.status != exitOK {
		t.Errorf("nothing is different, and it says %q", o.stdout)
	}
	if o = cli("info", "card", "monitor_gain", "play.gain", "-n"); o.stdout != "40\n128\n" {
		t.Errorf("%q", o.stdout)
	}
	if o = cli("info", "monitor_gain", "play.gain_db"); o.stdout != "monitor_gain=40\nplay.gain_db=-5.99\n" {
		t.Errorf("%q", o.stdout)
	}
	var object map[string]any
	if o = cli("info", "card", "play.gain", "--json"); json.Unmarshal([]byte(o.stdout), &object) != nil || object["name"] != "card" || object["play.gain"] != 128.0 || len(object) != 2 {
		t.Errorf("%q", o.stdout)
	}
}

// ignoredWords: on a side that nobody holds these have no effect.
func ignoredWords(line string) []string {
	for _, name := range []string{".pause", ".eof", ".error", ".waiting"} {
		if strings.Contains(line, name+"=") {
			return []string{"had no effect"}
		}
	}
	return nil
}

// Edges 35, 59, 61: all is refused, with every reason.
func TestSetRefusesD18(t *testing.T) {
	socket := testDaemon(t, cardConfig)
	cli := func(args ...string) outcome { return cliRun(t, nil, append([]string{"--socket", socket}, args...)...) }
	for args, words := range map[string][]string{
		"set card play.gain=1 play.gain=256":     {"256"},
		"set card play.gain=1 plya.gain=2":       {"plya.gain = 2: no such field, did you mean play.gain?"},
		"set card play.gain=1 play.open=1":       {"play.open = 1: read-only"},
		"set card play.gain=1 play.balance=65":   {"play.balance = 65: out of range, use 0..64"},
		"set card play.gain=1 monitor_gain=loud": {"monitor_gain = loud: not a number, use 0..255"},
		"set card play.gain=1 record.port=cd":    {"record.port = cd", "use one or more of microphone+line_in"},
		"set card play.gain=1 play.port=none":    {"play.port = none"},
		"set card play.gain=1 play.port=0x40":    {"play.port"},
		"set card play.gain=1 balance":           {"balance", `no "="`},
		"set card":                               {"nothing to set"},
		"set gain":                               {"nothing to set"},
		"set null monitor_gain=1":                {"monitor_gain = 1: there is no input to monitor"},
		"set nobody play.gain=1":                 {"there is no device nobody; there are null, card"},
		"info nobody":                            {"there is no device nobody; there are null, card"},
		"info card play.gian":                    {"no such field play.gian"},
	} {
		o := cli(strings.Fields(args)...)
		if o.status == exitOK || o.stdout != "" {
			t.Errorf("%s: status %d, %q", args, o.status, o.stdout)
		}
		o.want(t, o.status, append(words, "loopbridge: ")...)
	}
	const both = "loopbridge: play.gain = 300: out of range, use 0..255\nloopbridge: play.balance = 99: out of range, use 0..64\n"
	if o := cli("set", "card", "play.gain=300", "play.balance=99"); o.status != exitUsage || o.stderr != both {
		t.Errorf("exit status %d, %q", o.status, o.stderr)
	}
	if o := cli("info", "card", "play.gain"); o.stdout != "play.gain=255\n" {
		t.Errorf("something was set: %s", o.stdout)
	}
	cliRun(t, nil, "--socket", socket+"x", "info").want(t, exitFailed, "no daemon on", "loopbridge serve")
}

// Edge 63: one line a change, none when nothing changes, a clean end.
func TestWatchD26(t *testing.T) {
	socket := testDaemon(t, cardConfig)
	ctx, cancel := context.WithCancel(t.Context())
	var out, complaints trial.Output
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"--socket", socket, "watch"}, nil, &out, &complaints) }()
	set := func(args ...string) {
		t.Helper()
		cliRun(t, nil, append([]string{"--socket", socket, "set", "card"}, args...)...).want(t, exitOK)
	}
	for gain := 0; !strings.Contains(out.Text(), "play.gain"); gain = (gain + 1) % 200 { // until it listens
		set("play.gain=" + string(rune('0'+gain%10)))
	}
	set("play.gain=200")
	set("play.gain=200")
	set("play.balance=3", "record.gain=7")
	out.Until(t, "card: record.gain: 255 -> 7\n")
	if n := strings.Count(out.Text(), "-> 200\n"); n != 1 {
		t.Errorf("%d lines say 200", n)
	}
	cancel()
	if status := <-ended; status != exitOK || complaints.Text() != "" {
		t.Errorf("exit status %d, %q", status, complaints.Text())
	}
}

// D25: what was set is there again after a restart; a file that is damaged or half
// written does no harm.
func TestStateSurvivesD25(t *testing.T) {
	kept := filepath.Join(trial.TempDir(t), "dir", "state.json")
	withState := func(c *config.Config) { cardConfig(c); c.Daemon.State = kept }
	const gains = "play.gain=99\nplay.port=line_out\nmonitor_gain=3\n"
	const ends = "play.gain=17\nrecord.balance=5\n"
	t.Run("set", func(t *testing.T) {
		socket := testDaemon(t, withState)
		cliRun(t, nil, "--socket", socket, "set", "card", "play.gain=99", "play.port=line_out", "monitor_gain=3", "record.gain=5").want(t, exitOK)
		cliRun(t, nil, "--socket", socket, "loop", "add", "guest").want(t, exitOK)
		for _, name := range []string{"speaker", "loop0", "loop0/server", "guest"} {
			cliRun(t, nil, "--socket", socket, "set", name, "play.gain=17", "record.balance=5").want(t, exitOK)
		}
	})
	check := func(name, want string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			socket := testDaemon(t, withState)
			if o := cliRun(t, nil, "--socket", socket, "info", "card", "play.gain", "play.port", "monitor_gain"); o.stdout != want {
				t.Errorf("%q, want %q", o.stdout, want)
			}
		})
	}
	half := filepath.Join(filepath.Dir(kept), ".state.json-1234")
	if err := os.WriteFile(half, []byte(`{"devices":{"card":{"play":{"ga`), 0o600); err != nil { // power was lost
		t.Fatal(err)
	}
	check("restored", gains)
	if _, err := os.Stat(half); err == nil {
		t.Error("a file that was half written is still there")
	}
	t.Run("restored ends", func(t *testing.T) {
		socket := testDaemon(t, withState)
		cliRun(t, nil, "--socket", socket, "set", "card", "play.gain=98").want(t, exitOK) // writes the file while guest is not there
		cliRun(t, nil, "--socket", socket, "set", "card", "play.gain=99").want(t, exitOK)
		cliRun(t, nil, "--socket", socket, "loop", "add", "guest").want(t, exitOK)
		for _, name := range []string{"speaker", "loop0", "loop0/server", "guest"} {
			if o := cliRun(t, nil, "--socket", socket, "info", name, "play.gain", "record.balance"); o.stdout != ends {
				t.Errorf("%s: %q, want %q", name, o.stdout, ends)
			}
		}
	})
	whole, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(kept, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bad := bytes.Replace(whole, []byte(`"gain": 99`), []byte(`"gain": 999`), 1)
	if bytes.Equal(bad, whole) {
		t.Fatalf("nothing to damage: %s", whole)
	}
	damage(bad)
	check("one bad value", strings.Replace(gains, "99", "255", 1))
	damage(whole[:len(whole)/2])
	check("half a file", "play.gain=255\nplay.port=speaker\nmonitor_gain=0\n")
	damage([]byte("\x00\x01"))
	check("rubbish", "play.gain=255\nplay.port=speaker\nmonitor_gain=0\n")
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	check("no file", "play.gain=255\nplay.port=speaker\nmonitor_gain=0\n")
}

// D25: the configuration says what the kept is at first, the file wins afterwards.
func TestStateOfTheConfigurationD25(t *testing.T) {
	kept := filepath.Join(trial.TempDir(t), "state.json")
	configured := func(c *config.Config) {
		cardConfig(c)
		c.Daemon.State = kept
		for f, v := range map[state.Field]uint32{state.PlayGain: 77, state.MonitorGain: 5, state.OutputMuted: 1} {
			if err := c.Devices[1].State.Set(f, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(name, set, want string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			socket := testDaemon(t, configured)
			if o := cliRun(t, nil, "--socket", socket, "info", "card", "play.gain", "monitor_gain", "output_muted", "-n"); o.stdout != want {
				t.Errorf("%q, want %q", o.stdout, want)
			}
			cliRun(t, nil, "--socket", socket, "set", "card", set).want(t, exitOK)
		})
	}
	check("at first", "play.gain=255", "77\n5\n1\n")
	check("later", "monitor_gain=0", "255\n5\n1\n")
	check("at last", "monitor_gain=0", "255\n0\n1\n")
}

// D18: the kept of an end of a loop is shown and set as that of a device.
func TestInfoAndSetOfEndsD18(t *testing.T) {
	socket := testDaemon(t, cardConfig)
	p, err := client.Open(t.Context(), socket, "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abandon()
	cli := func(args ...string) outcome { return cliRun(t, nil, append([]string{"--socket", socket}, args...)...) }
	one := "speaker/" + strconv.Itoa(os.Getpid())
	o := cli("set", one, "play.gain=100", "play.balance=3", "output_muted=1")
	o.want(t, exitOK)
	if want := "play.gain: 255 -> 100\nplay.balance: 32 -> 3\noutput_muted: 0 -> 1\n"; strings.NewReplacer("true", "1", "false", "0").Replace(o.stdout) != want {
		t.Errorf("%q, want %q", o.stdout, want)
	}
	cli("set", "speaker", "play.gain=7").want(t, exitOK)
	for name, want := range map[string]string{one: "play.gain=100\nplay.open=1\n", "speaker": "play.gain=7\nplay.open=1\n", "speaker/client": "play.gain=7\nplay.open=1\n", "loop0/server": "play.gain=255\nplay.open=0\n"} {
		if o := cli("info", name, "play.gain", "play.open"); o.stdout != want {
			t.Errorf("%s: %q, want %q", name, o.stdout, want)
		}
	}
	cli("set", one, "play.gain=300").want(t, exitUsage, "play.gain = 300: out of range, use 0..255")
	cli("set", one, "monitor_gain=3").want(t, exitFailed, "monitor_gain = 3: there is no input to monitor")
	cli("set", "speaker/1", "play.gain=3").want(t, exitFailed, "no client with pid 1; there are "+strconv.Itoa(os.Getpid()))
	cli("set", "speaker/server", "play.gain=3").want(t, exitFailed, "the server end of speaker is the device card")
	cli("set", "nobody/server", "play.gain=3").want(t, exitFailed, "there is no loop nobody")
}
