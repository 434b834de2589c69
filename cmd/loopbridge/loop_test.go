package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// A loop that was made while the daemon runs is like any other, until it is taken away.
func TestLoopsComeAndGo(t *testing.T) {
	socket := testDaemon(t, cardConfig)
	cli := func(args ...string) outcome { return cliRun(t, nil, append([]string{"--socket", socket}, args...)...) }
	cli("loop", "add", "phone", "rate=8000", "channels=1", "format=MU_LAW", "buffer=1s", "channel_map=[[0.5, 0.5]]").want(t, exitOK)
	cli("loop", "add", "voices", "server.device=card", "server.side=play", "clients=exclusive").want(t, exitOK)
	o := cli("ls")
	for _, line := range []string{"phone    null    MU_LAW 8000 Hz 1 ch", "voices   card    S16_LE 48000 Hz 2 ch"} {
		if !strings.Contains(o.stdout, line) {
			t.Errorf("no %q in\n%s", line, o.stdout)
		}
	}
	if hints, err := os.ReadFile(socket + ".hints"); err != nil || !strings.Contains(string(hints), "loopbridge:phone") {
		t.Errorf("aplay -L does not show it: %s, %v", hints, err)
	}

	f := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}
	dir := trial.TempDir(t)
	in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
	data := trial.Noise(f, 4000)
	trial.WriteWAV(t, in, f, data)
	recorded := background(t, nil, "--socket", socket, "record", "--server", "phone", out)
	cli("play", "--wait", "phone", in).want(t, exitOK)
	(<-recorded).want(t, exitOK)
	if format, got := trial.ReadWAV(t, out); format != f || string(got) != string(data) {
		t.Errorf("recorded %s, %d bytes", format, len(got))
	}

	recorded = background(t, nil, "--socket", socket, "record", "--server", "phone", out)
	waitForLoop(t, socket, "phone", func(l api.Loop) bool { return l.Server != nil })
	cli("loop", "rm", "phone").want(t, exitOK)
	<-recorded // it is hung up on
	cli("loop", "rm", "phone").want(t, exitFailed, "there is no loop phone")
	cli("play", "phone", in).want(t, exitFailed, "there is no loop phone")
}

func TestLoopAddRefuses(t *testing.T) {
	socket := testDaemon(t, cardConfig)
	for args, words := range map[string][]string{
		"add loop0":                {"there is a loop loop0 already"},
		"add a/b":                  {"loop[0].name", "not a name"},
		"add a rate=1":             {"loop[0].rate = 1: out of range, use 1000..768000"},
		"add a rate=x format=S17":  {"loop[0].rate", "loop[0].format"},
		"add a gain=1":             {"loop[0].gain", "unknown key"},
		"add a device=none":        {"loop[0].device", "no such device, use one of card, null"},
		"add a server.device=card": {"loop[0].server.side: missing"},
		"add a server.device=null server.side=play": {"the device null plays nothing"},
		"add a rate": {`no "="`},
		"rm none":    {"there is no loop none"},
	} {
		o := cliRun(t, nil, append([]string{"--socket", socket, "loop"}, strings.Fields(args)...)...)
		if o.status == exitOK {
			t.Errorf("%s: it worked", args)
		}
		for _, w := range words {
			if !strings.Contains(o.stderr, w) {
				t.Errorf("%s: %q, want %q", args, o.stderr, w)
			}
		}
	}
	if o := cliRun(t, nil, "--socket", socket, "ls"); strings.Contains(o.stdout, "\na ") {
		t.Errorf("a loop was made:\n%s", o.stdout)
	}
}
