package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Where audioctl(1) warns and goes on, a set is refused as a whole: 2 for a line that cannot
// be, 1 for what the device does not allow.
func TestEdge61WrongWords(t *testing.T) {
	o := newOperator(t)
	got := o.run("set", "card", "play.gain = 7", " output_muted\t=1 ")
	if got.want(t, exitOK); got.stdout != "play.gain: 255 -> 7\noutput_muted: 0 -> 1\n" {
		t.Errorf("spaces: %q", got.stdout)
	}
	for words, args := range map[string][]string{
		`play.balance: no "=", write FIELD=VALUE`:                                               {"play.gain=1", "play.balance"},
		`=3: no field before "=", write FIELD=VALUE`:                                            {"play.gain=1", "=3"},
		`play.balance = "": no value, use 0..64`:                                                {"play.gain=1", "play.balance="},
		"play.blance = 3: no such field, did you mean play.balance?":                            {"play.gain=1", "play.blance=3"},
		"gain = 3: no such field, use play.gain or record.gain":                                 {"play.balance=1", "gain=3"},
		"Play.Gain = 3: no such field, did you mean play.gain?":                                 {"play.balance=1", "Play.Gain=3"},
		"play.active = 1: read-only, leave it out":                                              {"play.gain=1", "play.active=1"},
		"ref_cnt = 0: read-only, leave it out":                                                  {"play.gain=1", "ref_cnt=0"},
		"hw_features = none: read-only, leave it out":                                           {"play.gain=1", "hw_features=none"},
		"play.gain = loud: not a number, use 0..255":                                            {"monitor_gain=1", "play.gain=loud"},
		"play.gain = 0x: not a number, use 0..255":                                              {"monitor_gain=1", "play.gain=0x"},
		"play.gain = 1.5: not a whole number, use 0..255":                                       {"monitor_gain=1", "play.gain=1.5"},
		"play.gain_db = 3: out of range, use -inf..0":                                           {"monitor_gain=1", "play.gain_db=3"},
		"play.gain = 1000000000000: more than 32 bits, use 0..255":                              {"monitor_gain=1", "play.gain=1000000000000"},
		"play.gain = 256: out of range, use 0..255":                                             {"monitor_gain=1", "play.gain=256"},
		"play.gain = 2: given twice, give it once":                                              {"play.gain=1", "play.gain=2"},
		"output_muted = maybe: neither on nor off, use 0 or 1":                                  {"play.gain=1", "output_muted=maybe"},
		"play.sample_rate = 999: out of range, use 1000..768000":                                {"play.gain=1", "play.sample_rate=999"},
		"record.port = mouth: unknown name, use microphone, line_in, cd":                        {"play.gain=1", "record.port=mouth"},
		"\"a\\x1b[2J\" = 1: no such field, use one of play.sample_rate, play.channels, play.pr": {"play.gain=1", "a\x1b[2J=1"},
	} {
		o.refused(exitUsage, words, append([]string{"set", "card"}, args...)...)
	}
	o.refused(exitUsage, "nothing to set", "set", "play.gain")
	o.refused(exitFailed, "there is no device play.gian; there are null, card", "set", "play.gian", "play.gain=1")
	o.refused(exitUsage, "no such field play.gian; loopbridge info shows them all", "info", "card", "play.gian")
	o.refused(exitFailed, "there is no device tape; there are null, card", "info", "tape", "play.gain")
	// All that is wrong is said, each in its line.
	if got = o.run("set", "card", "play.gain", "=", "3"); got.status != exitUsage || strings.Count(got.stderr, "\nloopbridge: ") != 2 {
		t.Errorf("exit status %d, %q", got.status, got.stderr)
	}
}

// What info prints, in an order that stays, is what set reads.
func TestEdge62ValuesGoBack(t *testing.T) {
	o := newOperator(t)
	o.open("mic", pcm.Read)
	o.open("speaker", pcm.Write)
	o.run("set", "card", "play.gain=17", "record.gain_db=-20", "play.port=headphone+line_out", "play.balance=3", "play.pause=1",
		"play.error=1", "record.waiting=1", "monitor_gain=0", "output_muted=1", "play.samples=4800", "record.samples=4294967295").want(t, exitOK)
	before := o.info()
	lines, settable := strings.Split(before, "\n"), []string{"set", "card"}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		f, ok := state.FieldByName(name)
		if !ok {
			t.Fatalf("%s is not a field", line)
		}
		if f.Access()&state.Settable == 0 {
			o.refused(exitUsage, "read-only", "set", "card", line)
			continue
		}
		settable = append(settable, line)
		if got := o.run("set", "card", line); got.status != exitOK || got.stdout != "" {
			t.Errorf("%s gives %d, %q, %q", line, got.status, got.stdout, got.stderr)
		}
	}
	if got := o.run(settable...); got.status != exitOK || got.stdout != "" {
		t.Errorf("all together give %d, %q, %q", got.status, got.stdout, got.stderr)
	}
	if now := o.info(); now != before {
		t.Errorf("now there is\n%s, before\n%s", now, before)
	}
	var values []string
	for _, line := range lines {
		_, value, _ := strings.Cut(line, "=")
		values = append(values, value)
	}
	if got := o.info("-n"); got != strings.Join(values, "\n") {
		t.Errorf("-n prints\n%s", got)
	}
	if got := o.info("play.balance", "play.gain", "play.gain"); got != "play.balance=3\nplay.gain=17\nplay.gain=17" {
		t.Errorf("as asked: %q", got)
	}
	for _, args := range [][]string{{"-n", "play.gain"}, {"play.gain", "--values"}, {"card", "-n", "play.gain"}, {"-n", "card", "play.gain"}} {
		if got := o.run(append([]string{"info"}, args...)...); got.stdout != "17\n" {
			t.Errorf("info %q prints %q, %q", args, got.stdout, got.stderr)
		}
	}
	// The daemon is that of the environment, unless a flag names another.
	t.Setenv(client.SocketVariable, o.socket)
	if got := cliRun(t, nil, "info", "-n", "play.gain"); got.stdout != "17\n" {
		t.Errorf("with %s: %q, %q", client.SocketVariable, got.stdout, got.stderr)
	}
	cliRun(t, nil, "--socket", o.socket+"x", "info").want(t, exitFailed, "no daemon on "+o.socket+"x")
}

// watching is a program that prints what happens.
type watching struct {
	*process
	out trial.Output
}

// watch starts one, and returns when it listens.
func watch(t *testing.T, socket string, args ...string) *watching {
	t.Helper()
	w := &watching{process: &process{Cmd: exec.Command(program(t), append([]string{"--socket", socket, "watch"}, args...)...), name: "watch", done: make(chan struct{})}}
	w.Stdout, w.Stderr = &w.out, &w.stderr
	w.begin(t)
	for gain := 0; w.out.Text() == ""; gain++ {
		cliRun(t, nil, "--socket", socket, "set", "card", "record.gain="+string(rune('0'+gain%10))).want(t, exitOK)
	}
	return w
}

func TestEdge63Watch(t *testing.T) {
	dir := trial.TempDir(t)
	socket, config := filepath.Join(dir, "s"), filepath.Join(dir, "c.toml")
	text := "[daemon]\nstate = \"none\"\n[[device]]\nname = \"card\"\nbackend = \"null\"\n" +
		"[[loop]]\nname = \"speaker\"\nserver = { device = \"card\", side = \"play\" }\n[[loop]]\nname = \"mic\"\nserver = { device = \"card\", side = \"record\" }\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	daemon := serve(t, socket, "--config", config)
	cli := func(args ...string) outcome { return cliRun(t, nil, append([]string{"--socket", socket}, args...)...) }
	all, card, other, objects := watch(t, socket), watch(t, socket, "card"), watch(t, socket, "card"), watch(t, socket, "--json")
	for _, args := range [][]string{
		{"play.gain=200"}, {"play.gain=200"}, {"play.balance=3", "play.pause=1", "output_muted=1"}, {"play.balance=3", "monitor_gain=0"},
	} {
		if got := cli(append([]string{"set", "card"}, args...)...); got.status != exitOK {
			t.Fatal(got.stderr)
		}
	}
	p, err := client.Open(t.Context(), socket, "mic", pcm.Options{Role: pcm.Client, Direction: pcm.Read})
	if err != nil {
		t.Fatal(err)
	}
	p.Abandon()
	for cli("info", "mic", "ref_cnt").stdout != "ref_cnt=0\n" { // it is gone when nobody holds it
		time.Sleep(time.Millisecond)
	}
	cli("set", "card", "play.gain=201").want(t, exitOK) // the last
	const sets = "card: play.gain: 255 -> 200\ncard: play.balance: 32 -> 3\ncard: output_muted: 0 -> 1\n"
	me := fmt.Sprintf("%s (%d)\n", filepath.Base(os.Args[0]), os.Getpid())
	const opened, closed = "card: record.open: 0 -> 1\n", "card: record.open: 1 -> 0\n"
	own := "mic: client open: " + me + opened + "mic: client close: " + me + closed + "mic: client client gone: " + me
	for w, want := range map[*watching]string{all: sets + own, card: sets + opened + closed} {
		w.out.Until(t, "-> 201\n")
		got := w.out.Text()
		got = got[strings.Index(got, "card: play.gain"):]
		if want += "card: play.gain: 200 -> 201\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	objects.out.Until(t, "201")
	without := 0 // sets that change nothing are events without a change
	for line := range strings.Lines(objects.out.Text()) {
		var ev api.Event
		if err := json.Unmarshal([]byte(line), &ev); err != nil || ev.Kind == "" || ev.Time.IsZero() {
			t.Errorf("%v: %s", err, line)
		}
		if ev.Kind == "set" && ev.Device != "" && len(ev.Changes) == 0 {
			without++
		}
	}
	if without < 2 {
		t.Errorf("%d sets changed nothing", without)
	}
	for _, s := range []struct {
		w      *watching
		signal syscall.Signal
	}{{all, syscall.SIGINT}, {card, syscall.SIGTERM}} {
		s.w.signal(t, s.signal)
		s.w.wait(t).want(t, exitOK)
	}
	daemon.signal(t, syscall.SIGTERM)
	other.wait(t).want(t, exitFailed, "the daemon has hung up")
	objects.wait(t).want(t, exitFailed, "the daemon has hung up")
	daemon.wait(t)
	daemon = serve(t, socket, "--config", config)
	all = watch(t, socket)
	daemon.signal(t, syscall.SIGKILL)
	all.wait(t).want(t, exitFailed, "the daemon has hung up")
	cli("watch").want(t, exitFailed, "no daemon on")
}
