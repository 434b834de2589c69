package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

func TestProgramPlaysARecordingBitForBit(t *testing.T) {
	recordings, _ := filepath.Glob("/usr/share/sounds/alsa/*.wav")
	if len(recordings) == 0 {
		t.Skip("there are no recordings of alsa-utils on this machine")
	}
	in := recordings[0]
	for _, r := range recordings {
		if filepath.Base(r) == "Noise.wav" {
			in = r
		}
	}
	format, want := trial.ReadWAV(t, in)
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "s")
	serve(t, socket)
	for _, server := range []string{"play", "record"} {
		t.Run("server "+server, func(t *testing.T) {
			out := filepath.Join(dir, server+".wav")
			// In real time; the buffers outlast any pause of the machine.
			record := []string{"record", "--buffer", "10s", "loop0", out}
			play := []string{"play", "--buffer", "10s", "loop0", in}
			if server == "play" {
				play, record = append(play, "--server"), append(record, "--wait")
			} else {
				record = append(record, "--server", "-r", fmt.Sprint(format.Rate), "-c", fmt.Sprint(format.Channels), "-f", format.Encoding.String())
				play = append(play, "--wait")
			}
			recorder, player := start(t, socket, record...), start(t, socket, play...)
			player.wait(t).want(t, exitOK)
			recorder.wait(t).want(t, exitOK)
			if f, got := trial.ReadWAV(t, out); f != format || !bytes.Equal(got, want) {
				t.Errorf("recorded %s, %d bytes; played %s, %d bytes", f, len(got), format, len(want))
			}
		})
	}
}

// D4, in the words of the whole program.
func TestProgramRefusesASecondClientD4(t *testing.T) {
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "s")
	serve(t, socket)
	recorder := start(t, socket, "record", "--server", "loop0", filepath.Join(dir, "out.wav"))
	first := start(t, socket, "play", "--wait", "--raw", "loop0", "/dev/zero")
	waitForFrames(t, socket, "loop0")
	second := start(t, socket, "play", "--raw", "loop0", "/dev/zero")
	second.wait(t).want(t, exitFailed, fmt.Sprintf("loop0: the client end is held by loopbridge (pid %d)", first.Process.Pid))
	first.signal(t, syscall.SIGTERM)
	first.wait(t).want(t, exitFailed, "interrupted")
	recorder.wait(t).want(t, exitOK)
}

func TestProgramFinishesARecordingOnASignal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			if signal.Ignored(s) {
				t.Skipf("not tested: what %s does; it is ignored here, as under nohup", s)
			}
			dir := trial.TempDir(t)
			socket, out := filepath.Join(dir, "s"), filepath.Join(dir, "out.wav")
			serve(t, socket)
			recorder := start(t, socket, "record", "--server", "loop0", out)
			player := start(t, socket, "play", "--wait", "--raw", "loop0", "/dev/zero")
			waitForFrames(t, socket, "loop0")
			recorder.signal(t, s)
			recorder.wait(t).want(t, exitOK)
			player.wait(t).want(t, exitFailed, "loop0: the server has gone")
			if _, got := trial.ReadWAV(t, out); len(got) == 0 {
				t.Error("nothing was recorded")
			}
		})
	}
}

// As on a disk that is full in the middle of a recording.
func TestProgramKeepsARecordingThatGrewTooLarge(t *testing.T) {
	for _, name := range []string{"out.wav", "out.raw"} {
		t.Run(name, func(t *testing.T) {
			dir := trial.TempDir(t)
			socket, out := filepath.Join(dir, "s"), filepath.Join(dir, name)
			serve(t, socket)
			p := &process{Cmd: exec.Command("bash", "-c", `ulimit -f 33; exec "$@"`, "bash",
				program(t), "--socket", socket, "record", "--server", "-c", "3", "loop0", out), name: "record", done: make(chan struct{})}
			p.Stderr = &p.stderr
			p.begin(t)
			start(t, socket, "play", "--wait", "--raw", "loop0", "/dev/zero")
			p.wait(t).want(t, exitFailed, out, "failed after", "file too large")
			info, err := os.Stat(out)
			if err != nil || info.Size() < 30<<10 {
				t.Fatalf("%v, %v", info, err)
			}
			if name == "out.wav" {
				trial.ReadWAV(t, out)
			} else if info.Size()%6 != 0 {
				t.Errorf("%d bytes are no whole frames", info.Size())
			}
		})
	}
}
