package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

func TestRefusals(t *testing.T) {
	socket := testDaemon(t)
	dir := trial.TempDir(t)
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stereo, mono := filepath.Join(dir, "stereo.wav"), filepath.Join(dir, "mono.wav")
	trial.WriteWAV(t, stereo, audio.DefaultFormat(), trial.Noise(audio.DefaultFormat(), 100))
	oneChannel := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.S16LE}
	trial.WriteWAV(t, mono, oneChannel, trial.Noise(oneChannel, 100))
	whole, _ := os.ReadFile(stereo)
	cut, junk, empty := file("cut.wav", whole[:30]), file("junk.bin", trial.Noise(oneChannel, 50)), file("empty.wav", nil)
	out := filepath.Join(dir, "out.wav")
	none := filepath.Join(dir, "none")

	hold(t, socket, "loop1", pcm.Options{Direction: pcm.Read})
	hold(t, socket, "loop2", pcm.Options{Direction: pcm.Write, Format: audio.Format{Encoding: audio.S16BE}})
	hold(t, socket, "loop3", pcm.Options{Direction: pcm.Read})
	holder, err := client.Open(t.Context(), socket, "loop3", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Abandon()

	tests := []struct {
		name   string
		args   string
		status int
		words  []string
	}{
		{"unknown loop", "play phone " + stereo, 1, []string{"no loop phone", "loop0, loop1"}},
		{"D1 no server", "play loop0 " + stereo, 1, []string{"loop0: no server", "(--wait)"}},
		{"D1 no server in time", "record --wait=20ms loop0 " + out, 1, []string{"loop0: no server", "(waited 20ms)"}},
		{"D2 server end is busy", "record --server loop1 " + out, 1, []string{"loop1: the server end is held by", "pid"}},
		{"D3 record where only play is possible", "record loop1 " + out, 1, []string{"loop1: its server reads", "try loopbridge play"}},
		{"D3 play where only record is possible", "play --raw loop2 " + junk, 1, []string{"loop2: its server writes", "try loopbridge record"}},
		{"D4 client end is busy", "play loop3 " + stereo, 1, []string{"loop3: the client end is held by", "pid", "(--wait)"}},
		{"WAV cannot hold the server's format", "record loop2 " + out, 1, []string{"loop2: a WAV file cannot hold S16_BE", "--raw"}},
		{"WAV cannot hold what is asked for", "record --server -f S24_LE loop0 " + out, 1, []string{"cannot hold S24_LE; use S24_3LE", "--raw"}},
		{"no file", "play loop1 " + none, 1, []string{"cannot read", "none: no such file"}},
		{"a directory to play", "play loop1 " + dir, 1, []string{"cannot read", "is a directory"}},
		{"an empty file", "play loop1 " + empty, 1, []string{"empty.wav", "not a WAV file"}},
		{"half a header", "play loop1 " + cut, 1, []string{"cut.wav", "ends inside its header"}},
		{"no WAV and no format", "play loop1 " + junk, 1, []string{"junk.bin", "not a WAV file", "--rate, --channels and --format"}},
		{"no directory to record to", "record --server loop0 " + none + "/x.wav", 1, []string{"cannot write", "no such file"}},
		{"a directory to record to", "record --server loop0 " + dir, 1, []string{"cannot write", "is a directory"}},
		{"a full disk for the header", "record --server loop0 /dev/full", 1, []string{"cannot write /dev/full", "no space left"}},
		{"no daemon to play", "--socket " + none + " play loop0 " + stereo, 1, []string{"no daemon on " + none, "loopbridge serve"}},
		{"no daemon to record", "--socket " + none + " record loop0 " + out, 1, []string{"no daemon on " + none}},
		{"no daemon to list", "--socket " + none + " ls", 1, []string{"no daemon on " + none}},
		{"a header and a format", "play --rate 8000 loop1 " + stereo, 2, []string{"stereo.wav holds S16_LE", "leave out --rate"}},

		{"no command", "", 2, []string{"expected one of", "--help"}},
		{"unknown command", "frobnicate", 2, []string{"unexpected argument frobnicate"}},
		{"unknown flag", "play --loud loop0", 2, []string{"unknown flag --loud", "loopbridge play --help"}},
		{"no loop", "play", 2, []string{"expected \"<loop>\""}},
		{"a file too many", "play loop0 a b", 2, []string{"unexpected argument b"}},
		{"rate is no number", "play --rate x loop0", 2, []string{"--rate"}},
		{"rate out of range", "play --rate 5 loop0", 2, []string{"rate 5 Hz is out of range; use 1000..768000"}},
		{"channels out of range", "record -c 65 loop0", 2, []string{"65 channels are out of range; use 1..64"}},
		{"unknown encoding", "record -f S17_LE loop0", 2, []string{"encoding \"S17_LE\" is unknown", "S16_LE"}},
		{"duration without unit", "record -d 5 loop0", 2, []string{"5 lacks a unit", "5s"}},
		{"duration of nothing", "record -d 0s loop0", 2, []string{"out of range"}},
		{"wait for a word", "record --wait=long loop0", 2, []string{"\"long\" is not a duration"}},
		{"period of no frames", "play --period 0 loop0", 2, []string{"0 frames are out of range"}},
		{"buffer of hours", "play --buffer 1h loop0", 2, []string{"out of range, use up to 10s"}},
		{"a transform of no size", "analyse --fft 1000 loop0", 2, []string{"--fft", "use a power of two from 2048 to 65536"}},
		{"an unknown window", "analyse --window x loop0", 2, []string{"\"x\" is not a window", "flat-top"}},
		{"bands of nothing", "analyse --bands 25 loop0", 2, []string{"--bands", "use 1 to 24"}},
		{"no time to analyse", "analyse --seconds 0 loop0", 2, []string{"--seconds 0 is out of range"}},
		{"a picture of a film", "analyse --watch --plot x.png loop0", 2, []string{"leave out --watch"}},
		{"nothing to analyse", "analyse loop0", 1, []string{"no server", "--wait"}},
		{"unknown shell", "completion tcsh", 2, []string{"tcsh"}},
		{"no configuration", "check " + none, 1, []string{"cannot read " + none, "no such file"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := strings.Fields(test.args)
			if !strings.Contains(test.args, "--socket") {
				args = append([]string{"--socket", socket}, args...)
			}
			cliRun(t, strings.NewReader(""), args...).want(t, test.status, append(test.words, "loopbridge: ")...)
			if _, err := os.Stat(out); err == nil {
				t.Errorf("%s was created", out)
			}
		})
	}
}

// What an existing recording held is kept until the end is open.
func TestRefusedRecordingKeepsTheFile(t *testing.T) {
	socket := testDaemon(t)
	out := filepath.Join(trial.TempDir(t), "out.wav")
	if err := os.WriteFile(out, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	cliRun(t, nil, "--socket", socket, "record", "loop0", out).want(t, exitFailed, "no server")
	if kept, err := os.ReadFile(out); err != nil || string(kept) != "precious" {
		t.Errorf("%q, %v", kept, err)
	}
}
