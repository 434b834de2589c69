package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// Programs see the end of the stream, and the next daemon takes over the socket.
func TestProgramSurvivesTheDaemonsDeath(t *testing.T) {
	dir := trial.TempDir(t)
	socket, out := filepath.Join(dir, "s"), filepath.Join(dir, "out.wav")
	daemon := serve(t, socket)
	recorder := start(t, socket, "record", "--server", "loop0", out)
	player := start(t, socket, "play", "--wait", "--raw", "loop0", "/dev/zero")
	waiting := start(t, socket, "record", "--wait", "loop1", filepath.Join(dir, "never.wav"))
	waitForFrames(t, socket, "loop0")
	waitForLoop(t, socket, "loop1", func(l api.Loop) bool { return l.Waiting == 1 })
	daemon.signal(t, syscall.SIGKILL)
	daemon.wait(t)
	recorder.wait(t).want(t, exitFailed, "loop0: the daemon has gone; what was recorded before")
	player.wait(t).want(t, exitFailed, "loop0: the daemon went away before all was played")
	trial.ReadWAV(t, out)
	if _, err := os.Lstat(socket); err != nil {
		t.Errorf("no stale socket to take over: %v", err)
	}
	serve(t, socket)
	start(t, socket, "ls").wait(t).want(t, exitOK)
	// Who waits for a server waits on, for the next daemon, and in its line.
	waitForLoop(t, socket, "loop1", func(l api.Loop) bool { return l.Waiting == 1 })
	waiting.signal(t, syscall.SIGTERM)
	waiting.wait(t).want(t, exitFailed, "interrupted")
}

func TestProgramServesUntilASignal(t *testing.T) {
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "s")
	daemon := serve(t, socket)
	start(t, socket, "serve").wait(t).want(t, exitFailed, "a daemon is running on "+socket)
	recorder := start(t, socket, "record", "--server", "loop0", filepath.Join(dir, "out.wav"))
	waitForLoop(t, socket, "loop0", func(l api.Loop) bool { return l.State == "armed" })
	daemon.signal(t, syscall.SIGTERM)
	o := daemon.wait(t)
	if o.status != exitOK {
		t.Errorf("exit status %d: %s", o.status, o.stderr)
	}
	recorder.wait(t).want(t, exitFailed, "the daemon has gone")
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	for line := range strings.Lines(o.stderr) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("the log has a line that is no JSON: %s", line)
		}
	}
	for _, event := range []string{`"message":"running"`, `"loop":"loop0","end":"server","program":"loopbridge"`, `"message":"stopping"`} {
		if !strings.Contains(o.stderr, event) {
			t.Errorf("the log lacks %s: %s", event, o.stderr)
		}
	}
}

// Nobody reads what the daemon prints.
func TestProgramServesIntoClosedPipes(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	p := &process{Cmd: exec.Command(program(t), "serve", "--socket", socket), name: "serve", done: make(chan struct{})}
	p.Stdout, p.Stderr = w, w
	p.begin(t)
	w.Close()
	p.ready(t, socket)
	start(t, socket, "ls").wait(t).want(t, exitOK)
	start(t, socket, "record", "--wait=1ms", "loop0", "/dev/null").wait(t).want(t, exitFailed, "waited") // is logged
	p.signal(t, syscall.SIGTERM)
	if o := p.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
}

// The commands that the daemon prints work as they are.
func TestProgramPrintsCommandsThatWork(t *testing.T) {
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "a socket")
	daemon := serve(t, socket, "--socket", socket)
	daemon.signal(t, syscall.SIGTERM)
	var commands []string
	for line := range strings.Lines(daemon.wait(t).stdout) {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	if len(commands) != 2 {
		t.Fatalf("%d commands in %q", len(commands), daemon.stdout.String())
	}
	serve(t, socket, "--socket", socket)
	var shells []*exec.Cmd
	for _, c := range commands {
		shell := exec.Command("sh", "-c", c)
		shell.Dir = dir
		var out bytes.Buffer
		shell.Stdout, shell.Stderr = &out, &out
		if err := shell.Start(); err != nil {
			t.Fatal(err)
		}
		shells = append(shells, shell)
	}
	for i, shell := range shells {
		if err := shell.Wait(); err != nil {
			t.Errorf("%s: %v: %s", commands[i], err, shell.Stdout)
		}
	}
	if _, got := trial.ReadWAV(t, filepath.Join(dir, "take.wav")); len(got) == 0 {
		t.Error("nothing was recorded")
	}
}

func TestProgramPrefersTheSocketFlag(t *testing.T) {
	dir := trial.TempDir(t)
	config, flag, configured := filepath.Join(dir, "c.toml"), filepath.Join(dir, "flag"), filepath.Join(dir, "configured")
	if err := os.WriteFile(config, []byte("[daemon]\nsocket = \""+configured+"\"\n[[loop]]\nname = \"phone\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		configured: {"serve", "--config", config},
		flag:       {"serve", "--config", config, "--socket", flag},
	} {
		p := start(t, filepath.Join(dir, "environment"), args...)
		p.ready(t, want)
		if o := start(t, want, "ls").wait(t); !strings.Contains(o.stdout, "\nphone ") {
			t.Errorf("%v: %q", args, o.stdout)
		}
	}
}

func TestProgramCompletesInBash(t *testing.T) {
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "s")
	serve(t, socket)
	shell := exec.Command("bash", "-c", `
		set -e
		source <(loopbridge completion bash)
		COMP_WORDS=(loopbridge record --server loop) COMP_CWORD=3
		_loopbridge
		echo "${COMPREPLY[@]}"
		COMP_WORDS=(loopbridge record --format = FLOAT) COMP_CWORD=4
		_loopbridge
		echo "${COMPREPLY[@]}"
	`)
	shell.Env = append(os.Environ(), "PATH="+filepath.Dir(program(t))+":"+os.Getenv("PATH"), client.SocketVariable+"="+socket)
	out, err := shell.CombinedOutput()
	if want := "loop0 loop1 loop2 loop3\nFLOAT64_BE FLOAT64_LE FLOAT_BE FLOAT_LE\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

func TestProgramKnowsItsVersion(t *testing.T) {
	o := start(t, "", "version").wait(t)
	if o.want(t, exitOK); !strings.HasPrefix(o.stdout, "loopbridge tested (") {
		t.Errorf("%q", o.stdout)
	}
}
