package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// TestProgramReloads: by a signal, and by the command that a service manager runs.
func TestProgramReloads(t *testing.T) {
	skipUnderNohup(t)
	dir := trial.TempDir(t)
	socket, file := filepath.Join(dir, "s"), filepath.Join(dir, "loopbridge.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const one = "[[loop]]\nname = \"one\"\n"
	write(one)
	daemon, waitForLog := tellingDaemon(t, socket, nil, program(t), "serve", "--config", file)
	watcher := start(t, socket, "watch")
	recorder := start(t, socket, "record", "--server", "one", filepath.Join(dir, "out.wav"))
	player := start(t, socket, "play", "--wait", "--raw", "one", "/dev/zero")
	waitForFrames(t, socket, "one")

	write(one + "[[loop]]\nname = \"two\"\nrate = 8000\n")
	daemon.signal(t, syscall.SIGHUP)
	waitForLog(`"changes":["loop two: added"],`)

	write(one + "[[loop]]\nname = \"two\"\nrate = 16000\n[daemon]\nsocket = \"/elsewhere\"\n")
	const changes = "daemon: socket none -> /elsewhere: takes a restart\nloop two: replaced: rate 8000 -> 16000\n"
	if o := start(t, socket, "check", "--diff", file).wait(t); o.status != exitOK || o.stdout != changes {
		t.Errorf("exit status %d, %q, %s", o.status, o.stdout, o.stderr)
	}
	if o := start(t, socket, "reload").wait(t); o.status != exitOK || strings.Contains(o.stdout, "/elsewhere -> ") || !strings.Contains(o.stdout, "loop two: replaced: rate 8000 -> 16000\n") {
		t.Errorf("exit status %d, %q, %s", o.status, o.stdout, o.stderr)
	}
	if o := start(t, socket, "check", "--diff", file).wait(t); o.status != exitOK {
		t.Errorf("exit status %d, %q, %s", o.status, o.stdout, o.stderr)
	}

	write(one + "rate = 1\n[[loop]]\nname = \"one\"\n")
	o := start(t, socket, "reload").wait(t)
	for _, words := range []string{"loopbridge: " + file + ":3:8: loop[0].rate = 1: out of range", "\nloopbridge: " + file + ":5:8: loop[1].name = \"one\": already"} {
		if o.status != exitFailed || !strings.Contains(o.stderr, words) {
			t.Errorf("exit status %d, %q, want %q", o.status, o.stderr, words)
		}
	}
	daemon.signal(t, syscall.SIGHUP)
	waitForLog("read again and refused")
	if o := start(t, socket, "check", "--diff", file).wait(t); o.status != exitFailed || !strings.Contains(o.stdout, "already the name") {
		t.Errorf("exit status %d, %q, %s", o.status, o.stdout, o.stderr)
	}

	waitForLoop(t, socket, "one", func(l api.Loop) bool { return l.Sessions == 1 && l.State == "running" })
	recorder.signal(t, syscall.SIGTERM)
	recorder.wait(t).want(t, exitOK)
	player.wait(t)
	daemon.signal(t, syscall.SIGTERM)
	if o := daemon.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
	told := watcher.wait(t).stdout
	for _, line := range []string{"reload: 1 change\n", "reload: 2 changes\n", "reload: refused, nothing has changed: 2 problems\n"} {
		if !strings.Contains(told, line) {
			t.Errorf("no %q in\n%s", line, told)
		}
	}
}

// TestReloadInJSON: as the API has it.
func TestReloadInJSON(t *testing.T) {
	socket := testDaemon(t)
	file := filepath.Join(t.TempDir(), "a.toml")
	if err := os.WriteFile(file, []byte("[[device]]\nname = \"null\"\nfreewheel = true\n[[loop]]\nname = \"loop0\"\nrate = 8000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := cliRun(t, nil, "--socket", socket, "check", "--diff", "--json", file)
	o.want(t, exitOK)
	var r api.Reload
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	want := api.ReloadStep{Action: "replace", Table: "loop", Name: "loop0", Keys: []api.KeyChange{{Key: "rate", Old: "48000", New: "8000"}}}
	got := api.ReloadStep{}
	for _, change := range r.Changes {
		if change.Name == "loop0" {
			got = change
		}
	}
	if len(r.Changes) != 4 || got.Action != want.Action || got.Table != want.Table || len(got.Keys) != 1 || got.Keys[0] != want.Keys[0] {
		t.Errorf("%+v", r)
	}
	cliRun(t, nil, "--socket", socket, "check", "--json", file).want(t, exitUsage, "--json is for --diff")
	cliRun(t, nil, "--socket", socket, "reload").want(t, exitFailed, "the daemon was started without a configuration")
}
