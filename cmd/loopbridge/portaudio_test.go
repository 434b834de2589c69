//go:build portaudio && cgo

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// portAudioProgram is the program as "make build PORTAUDIO=1" makes it.
func portAudioProgram(t *testing.T) {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "lb"); built.err != nil {
			return
		}
		out, err := exec.Command("make", "-C", "../..", "build", "PORTAUDIO=1", "PROGRAM="+built.dir+"/loopbridge").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("make: %w: %s", err, out)
		}
	})
	program(t)
}

const portAudioConfig = `
[daemon]
log = "debug"
[[device]]
name = "desk"
backend = "portaudio"
card = "portaudio:JACK:system"
period = "1024"
periods = 3
[[loop]]
name = "speaker"
server = { device = "desk", side = "play" }
[[loop]]
name = "mic"
server = { device = "desk", side = "record" }
`

// jackServer has a device "system" that is only a clock.
func jackServer(t *testing.T) (connect func(from, to string)) {
	t.Helper()
	if _, err := exec.LookPath("jackd"); err != nil {
		t.Skip("no device of PortAudio: jackd is missing; install the Debian package jackd2")
	}
	name := "loopbridge-" + filepath.Base(trial.TempDir(t))
	t.Setenv("JACK_DEFAULT_SERVER", name)
	server := exec.Command("jackd", "--name", name, "--no-realtime", "--no-mlock", "--sync", "--timeout", "60000", "-d", "dummy", "-r", "48000", "-p", "512")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
	})
	if out, err := exec.Command("jack_wait", "--server", name, "--wait", "--timeout", "20").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return func(from, to string) {
		t.Helper()
		if out, err := exec.Command("jack_connect", "--server", name, from, to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// TestPortAudioDevice: loops are attached to a device of PortAudio, here a server of JACK
// whose speaker is wired to its microphone.
func TestPortAudioDevice(t *testing.T) {
	portAudioProgram(t)
	connect := jackServer(t)
	dir := trial.TempDir(t)
	socket, config, in, out := filepath.Join(dir, "s"), filepath.Join(dir, "c.toml"), filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
	if err := os.WriteFile(config, []byte(portAudioConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	f := audio.DefaultFormat()
	sound := make([]byte, 48000*f.FrameBytes())
	counter := backendtest.NewCounter(f)
	counter.Fill(sound, 1)
	trial.WriteWAV(t, in, f, sound)

	daemon := serve(t, socket, "--config", config)
	recorder := start(t, socket, "record", "mic", out)
	waitForFrames(t, socket, "mic")
	connect("PortAudio:out_0", "PortAudio:in_0")
	connect("PortAudio:out_1", "PortAudio:in_1")
	if o := start(t, socket, "play", "speaker", in).wait(t); o.status != exitOK {
		t.Error(o.stderr)
	}
	o := start(t, socket, "devices", "--json").wait(t)
	var m machine
	if err := json.Unmarshal([]byte(o.stdout), &m); err != nil || len(m.Devices) != 2 {
		t.Fatalf("%v: %s", err, o.stdout)
	}
	if h := m.Devices[1].Hardware; h.RunsOn != "portaudio:JACK:system" || h.Period != 1024 {
		t.Errorf("%+v", h)
	}
	if p := m.PortAudio; !p.Built || p.Error != "" || len(p.Devices) == 0 {
		t.Errorf("%+v", p)
	}
	t.Log(start(t, socket, "devices").wait(t).stdout)
	recorder.signal(t, syscall.SIGINT)
	recorder.wait(t)
	daemon.signal(t, syscall.SIGTERM)
	said := daemon.wait(t).stderr
	for line := range strings.Lines(said) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("standard error has a line of somebody else: %s", line)
		}
	}
	for _, want := range []string{`"library":"`, "opened portaudio:JACK:system with PortAudio", `"play.delay":`} {
		if !strings.Contains(said, want) {
			t.Errorf("the log lacks %s:\n%s", want, said)
		}
	}

	_, heard := trial.ReadWAV(t, out)
	found, _ := inOrder(t, f, heard)
	t.Logf("%d frames of 48000 came back", found)
	if found < 24000 {
		t.Errorf("only %d frames came back", found)
	}
}

// inOrder counts the frames of a counter in what was recorded, and says which was the last. On
// a busy machine something may be lost, with a ramp on either side of the gap; nothing else may be
// changed or out of order.
func inOrder(t *testing.T, f audio.Format, heard []byte) (found int, last uint64) {
	t.Helper()
	counter := backendtest.NewCounter(f)
	ramps, changed := 2*audio.RampFrames(f.Rate, 1024), 0
	for ; len(heard) >= f.FrameBytes(); heard = heard[f.FrameBytes():] {
		frame := heard[:f.FrameBytes()]
		if bytes.Equal(frame, make([]byte, len(frame))) {
			changed = 0
			continue // before the first callback, or the machine was busy
		}
		n := counter.Number(frame)
		if _, err := counter.Check(frame, n); err == nil && n > last {
			found, last, changed = found+1, n, 0
		} else if changed++; changed > ramps {
			t.Fatalf("after %d frames come %d that were not played, or are no ramp, the last is number %d after number %d: %v", found, changed, n, last, err)
		}
	}
	return found, last
}

// TestPortAudioMissing: where PortAudio is not installed the daemon says so, and goes on.
func TestPortAudioMissing(t *testing.T) {
	portAudioProgram(t)
	dir := trial.TempDir(t)
	if err := os.WriteFile(filepath.Join(dir, "libportaudio.so.2"), nil, 0o644); err != nil { // is found first
		t.Fatal(err)
	}
	t.Setenv("LD_LIBRARY_PATH", dir)
	socket, config := filepath.Join(dir, "s"), filepath.Join(dir, "c.toml")
	if err := os.WriteFile(config, []byte(portAudioConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	daemon := serve(t, socket, "--config", config)
	o := start(t, socket, "devices").wait(t)
	if o.want(t, exitOK); !strings.Contains(o.stdout, "PortAudio is not installed here") || !strings.Contains(o.stdout, "libportaudio2") {
		t.Error(o.stdout)
	}
	start(t, socket, "play", "speaker", "--raw", "--duration=100ms", "/dev/zero").wait(t).want(t, exitOK)
	daemon.signal(t, syscall.SIGTERM)
	if o := daemon.wait(t); o.status != exitOK || !strings.Contains(o.stderr, "PortAudio is not installed here") || !strings.Contains(o.stderr, "null stands in") {
		t.Errorf("exit status %d: %s", o.status, o.stderr)
	}
	required := strings.Replace(portAudioConfig, "periods = 3", "required = true", 1)
	if err := os.WriteFile(config, []byte(required), 0o644); err != nil {
		t.Fatal(err)
	}
	if o := start(t, socket, "serve", "--config", config).wait(t); o.status != exitFailed || !strings.Contains(o.stderr, "device desk: PortAudio is not installed here") {
		t.Errorf("exit status %d: %s", o.status, o.stderr)
	}
}

// TestPortAudioFails: where PortAudio does not start, devices shows what its libraries say.
func TestPortAudioFails(t *testing.T) {
	portAudioProgram(t)
	config := filepath.Join(trial.TempDir(t), "alsa.conf")
	if err := os.WriteFile(config, []byte("pcm.endless { type"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALSA_CONFIG_PATH", config)
	o := start(t, "", "devices").wait(t)
	if o.want(t, exitOK); !strings.Contains(o.stdout, "PortAudio does not start: one of its host APIs failed") || !strings.Contains(o.stdout, "Unexpected char") {
		t.Error(o.stdout)
	}
}
