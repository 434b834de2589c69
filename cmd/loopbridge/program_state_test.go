package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// serveIn starts a daemon whose state is in a folder.
func serveIn(t *testing.T, folder, socket string, args ...string) *process {
	t.Helper()
	p := prepare(t, folder, socket, args...)
	p.begin(t)
	p.ready(t, socket)
	return p
}

func prepare(t *testing.T, folder, socket string, args ...string) *process {
	t.Helper()
	p := newProcess(t, socket, append([]string{"serve"}, args...)...)
	p.Env = append(p.Env, stateVariable+"="+folder)
	return p
}

// stop is an orderly end.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	if got := p.wait(t); got.status != exitOK {
		t.Errorf("the daemon ends with %d: %s", got.status, got.stderr)
	}
}

// Two daemons of one user do not undo each other's settings, whichever writes last; nor when
// one is killed and another starts.
func TestTwoDaemonsKeepTheirState(t *testing.T) {
	dir := trial.TempDir(t)
	sockets := [...]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	set := func(n int, what string) {
		cliRun(t, nil, "--socket", sockets[n], "set", "null", what).want(t, exitOK)
	}
	check := func(want ...string) {
		t.Helper()
		for n, want := range want {
			if got := cliRun(t, nil, "--socket", sockets[n], "info", "null", "play.gain", "record.gain"); got.stdout != want {
				t.Errorf("daemon %d: %q, want %q", n, got.stdout, want)
			}
		}
	}
	first, second := serveIn(t, dir, sockets[0]), serveIn(t, dir, sockets[1])
	set(0, "play.gain=11")
	set(1, "record.gain=22")
	first.stop(t)
	second.stop(t)
	first, second = serveIn(t, dir, sockets[0]), serveIn(t, dir, sockets[1])
	check("play.gain=11\nrecord.gain=255\n", "play.gain=255\nrecord.gain=22\n")
	second.stop(t)
	set(0, "play.gain=12")
	first.stop(t)
	second = serveIn(t, dir, sockets[1])
	set(1, "record.gain=23")
	first = serveIn(t, dir, sockets[0])
	check("play.gain=12\nrecord.gain=255\n", "play.gain=255\nrecord.gain=23\n")

	third := prepare(t, dir, sockets[0])
	third.begin(t)
	third.wait(t).want(t, exitFailed, "a daemon is running on "+sockets[0]+" already")
	check("play.gain=12\nrecord.gain=255\n", "play.gain=255\nrecord.gain=23\n")
	first.signal(t, syscall.SIGKILL)
	first.wait(t)
	first = serveIn(t, dir, sockets[0]) // a lock of the dead holds nobody up
	check("play.gain=12\nrecord.gain=255\n")
	first.stop(t)
	second.stop(t)
}

// A second daemon that is told to keep its state in the file of the first does not start, and
// is told what to do.
func TestTwoDaemonsOneStateFile(t *testing.T) {
	dir := trial.TempDir(t)
	state, config := filepath.Join(dir, "state.json"), filepath.Join(dir, "c.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[daemon]\nstate = %q\n", state), 0o644); err != nil {
		t.Fatal(err)
	}
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	first := serveIn(t, dir, a, "--config", config)
	second := prepare(t, dir, b, "--config", config)
	second.begin(t)
	second.wait(t).want(t, exitFailed, "the state file "+state+" is in use by the daemon on "+a, `give this one another, with state = "/path" in [daemon], or "none"`)
	first.stop(t)
	serveIn(t, dir, b, "--config", config).stop(t) // now it may have it
}

// What a daemon of before kept for whichever socket is found once by each, and kept.
func TestStateOfADaemonOfBefore(t *testing.T) {
	dir := trial.TempDir(t)
	old := `{"devices": {"null": {"play": {"gain": 33}}}, "ends": {}}`
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	gain := func(socket string) string {
		return cliRun(t, nil, "--socket", socket, "info", "-n", "null", "play.gain").stdout
	}
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	first := serveIn(t, dir, a)
	if got := gain(a); got != "33\n" {
		t.Errorf("gain is %q, want that of before", got)
	}
	first.stop(t)
	of := `{"socket": "/run/loopbridge/loopbridge.sock", "devices": {"null": {"play": {"gain": 44}}}}`
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(of), 0o644); err != nil {
		t.Fatal(err)
	}
	serveIn(t, dir, a)
	serveIn(t, dir, b)
	if was, new := gain(a), gain(b); was != "33\n" || new != "255\n" {
		t.Errorf("gains are %q and %q, want 33, which is kept, and 255: what is another's is not taken", was, new)
	}
}

// The lock of a daemon that has just begun names no socket yet.
func TestStateFileOfADaemonThatIsStarting(t *testing.T) {
	dir := trial.TempDir(t)
	state, config := filepath.Join(dir, "state.json"), filepath.Join(dir, "c.toml")
	if err := os.WriteFile(config, []byte("[daemon]\nstate = \""+state+"\"\n[[loop]]\nname = \"phone\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(state + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	o := start(t, filepath.Join(dir, "s"), "serve", "--config", config).wait(t)
	o.want(t, exitFailed, "another daemon that uses the state file "+state+" is starting")
}
