package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// D16, D13: what is played arrives bit for bit, whichever end is the server, and
// both commands end by themselves.
func TestPlayAndRecordD13D16(t *testing.T) {
	socket := testDaemon(t)
	for _, e := range audio.Encodings() {
		for _, server := range []string{"play", "record"} {
			t.Run(e.String()+"/server "+server, func(t *testing.T) {
				f := audio.Format{Rate: 22050, Channels: 3, Encoding: e}
				data := trial.Noise(f, 12345)
				dir := trial.TempDir(t)
				in, out := filepath.Join(dir, "in.raw"), filepath.Join(dir, "out.raw")
				if _, err := wav.NewWriter(&bytes.Buffer{}, f); err == nil {
					in, out = filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
					trial.WriteWAV(t, in, f, data)
				} else if err := os.WriteFile(in, data, 0o644); err != nil {
					t.Fatal(err)
				}
				format := []string{"--rate", "22050", "--channels", "3", "--format", e.String()}
				play := append([]string{"--socket", socket, "play", "loop0", in}, format...)
				record := append([]string{"--socket", socket, "record", "loop0", out}, format...)
				if server == "play" {
					play, record = append(play, "--server"), append(record, "--wait")
				} else {
					play, record = append(play, "--wait"), append(record, "--server")
				}
				recorded := background(t, nil, record...)
				cliRun(t, nil, play...).want(t, exitOK)
				(<-recorded).want(t, exitOK)

				got, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				if filepath.Ext(out) == ".wav" {
					var format audio.Format
					if format, got = trial.ReadWAV(t, out); format != f {
						t.Errorf("recorded %s, want %s", format, f)
					}
				}
				if !bytes.Equal(got, data) {
					t.Errorf("%d bytes were recorded, %d played, and they differ", len(got), len(data))
				}
			})
		}
	}
}

// D5: a server that asks for nothing gets the loop's format, and a client the
// server's.
func TestFormatIsTheLoopsD5(t *testing.T) {
	f := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}
	socket := testDaemon(t, func(c *config.Config) { c.Loops[0].Format = f })
	data := trial.Noise(f, 8000)
	var out bytes.Buffer
	played := background(t, bytes.NewReader(data), "--socket", socket, "play", "--server", "--raw", "loop0")
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Hang)
	defer cancel()
	var stderr bytes.Buffer
	if status := run(ctx, []string{"--socket", socket, "record", "--wait", "loop0"}, nil, &out, &stderr); status != exitOK {
		t.Fatal(status, stderr.String())
	}
	(<-played).want(t, exitOK)
	format, got := trial.ReadWAVFrom(t, &out)
	if format != f || !bytes.Equal(got, data) {
		t.Errorf("recorded %s, %d bytes; want %s, %d bytes", format, len(got), f, len(data))
	}
}

// A server says where the channels of its file stand, and a client that says nothing gets
// them in that order.
func TestSurroundD12(t *testing.T) {
	socket := testDaemon(t)
	dir := trial.TempDir(t)
	f := audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE}
	in := filepath.Join(dir, "in.wav")
	data := trial.Noise(f, 4800)
	trial.WriteWAV(t, in, f, data)
	for _, name := range []string{"out.wav", "out.raw"} {
		out := filepath.Join(dir, name)
		recorded := background(t, nil, "--socket", socket, "record", "--wait", "loop0", out)
		cliRun(t, nil, "--socket", socket, "play", "--server", "loop0", in).want(t, exitOK)
		(<-recorded).want(t, exitOK)
		if name == "out.wav" {
			if _, got := trial.ReadWAV(t, out); !bytes.Equal(got, data) {
				t.Error("the recorded file is another")
			}
		} else if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, data) {
			t.Error("the loop has another order than its server", err)
		}
	}
}

// A client of another format is converted without knowing it.
func TestConvertedD12(t *testing.T) {
	socket := testDaemon(t)
	dir := trial.TempDir(t)
	f := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.S16LE}
	in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
	trial.WriteWAV(t, in, f, trial.Noise(f, 4000))
	recorded := background(t, nil, "--socket", socket, "record", "--server", "loop0", out)
	cliRun(t, nil, "--socket", socket, "play", "--wait", "loop0", in).want(t, exitOK)
	(<-recorded).want(t, exitOK)
	if format, got := trial.ReadWAV(t, out); format != audio.DefaultFormat() || len(got) != 6*4000*4 {
		t.Errorf("recorded %s, %d bytes", format, len(got))
	}
	played := background(t, nil, "--socket", socket, "play", "--server", "loop1", in)
	cliRun(t, nil, "--socket", socket, "record", "--wait", "-r", "44100", "-c", "2", "-f", "FLOAT_LE", "loop1", out).want(t, exitOK)
	(<-played).want(t, exitOK)
	if format, got := trial.ReadWAV(t, out); format.Rate != 44100 || len(got) != 4000*44100/8000*8 {
		t.Errorf("recorded %s, %d bytes", format, len(got))
	}
}

func TestDuration(t *testing.T) {
	socket := testDaemon(t)
	dir := trial.TempDir(t)
	f := audio.DefaultFormat()
	data := trial.Noise(f, 48000)
	in := filepath.Join(dir, "in.wav")
	trial.WriteWAV(t, in, f, data)

	t.Run("of play", func(t *testing.T) {
		out := filepath.Join(dir, "play.wav")
		recorded := background(t, nil, "--socket", socket, "record", "--wait", "loop0", out)
		cliRun(t, nil, "--socket", socket, "play", "--server", "--duration", "123ms", "loop0", in).want(t, exitOK)
		(<-recorded).want(t, exitOK)
		if _, got := trial.ReadWAV(t, out); !bytes.Equal(got, data[:5904*4]) {
			t.Errorf("%d bytes", len(got))
		}
	})
	t.Run("of record", func(t *testing.T) {
		out := filepath.Join(dir, "record.wav")
		played := background(t, nil, "--socket", socket, "play", "--wait", "loop1", in)
		cliRun(t, nil, "--socket", socket, "record", "--server", "-d", "123ms", "loop1", out).want(t, exitOK)
		if _, got := trial.ReadWAV(t, out); !bytes.Equal(got, data[:5904*4]) {
			t.Errorf("%d bytes", len(got))
		}
		// The player has delivered all if the ring took it, else its server has gone.
		if o := <-played; o.status == exitFailed {
			o.want(t, exitFailed, "loop1: the server has gone after")
		}
	})
}

func TestOddBytesAreDropped(t *testing.T) {
	socket := testDaemon(t)
	out := filepath.Join(trial.TempDir(t), "out.raw")
	data := trial.Noise(audio.DefaultFormat(), 1000)
	recorded := background(t, nil, "--socket", socket, "record", "--server", "loop0", out)
	in := bytes.NewReader(append(bytes.Clone(data), 1, 2, 3))
	cliRun(t, in, "--socket", socket, "play", "--wait", "--raw", "loop0", "-").
		want(t, exitOK, "standard input: 3 bytes at the end dropped")
	(<-recorded).want(t, exitOK)
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// A file that is cut off is played as far as it goes, and then is an error.
func TestTruncatedWAV(t *testing.T) {
	socket := testDaemon(t)
	dir := trial.TempDir(t)
	in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
	data := trial.Noise(audio.DefaultFormat(), 10000)
	trial.WriteWAV(t, in, audio.DefaultFormat(), data)
	if err := os.Truncate(in, 44+4*5000+1); err != nil {
		t.Fatal(err)
	}
	recorded := background(t, nil, "--socket", socket, "record", "--server", "loop0", out)
	cliRun(t, nil, "--socket", socket, "play", "--wait", "loop0", in).
		want(t, exitFailed, "in.wav", "cut off", "10000 frames, it has 5000")
	(<-recorded).want(t, exitOK)
	if _, got := trial.ReadWAV(t, out); !bytes.Equal(got, data[:4*5000]) {
		t.Errorf("%d bytes", len(got))
	}
}

// A requested stop is a normal end of a recording, and not of playing.
func TestStop(t *testing.T) {
	socket := testDaemon(t, func(c *config.Config) { c.Devices[0].Freewheel = false })
	out := filepath.Join(trial.TempDir(t), "out.wav")
	ctx, stop := context.WithCancel(t.Context())
	statuses := make(chan outcome, 2)
	for _, args := range [][]string{
		{"--socket", socket, "record", "--server", "loop0", out},
		{"--socket", socket, "play", "--wait", "--raw", "loop0", "/dev/zero"},
	} {
		go func() {
			var stdout, stderr bytes.Buffer
			status := run(ctx, args, nil, &stdout, &stderr)
			statuses <- outcome{status, args[2], stderr.String()}
		}()
	}
	waitForFrames(t, socket, "loop0")
	stop()
	for range 2 {
		switch o := <-statuses; o.stdout {
		case "record":
			o.want(t, exitOK)
		case "play":
			o.want(t, exitFailed, "loopbridge: interrupted")
		}
	}
	if _, got := trial.ReadWAV(t, out); len(got) == 0 {
		t.Error("nothing was recorded")
	}
}

func TestPlayIsToldThatItsServerLeft(t *testing.T) {
	socket := testDaemon(t, func(c *config.Config) { c.Devices[0].Freewheel = false })
	played := background(t, nil, "--socket", socket, "play", "--wait", "--raw", "loop0", "/dev/zero")
	cliRun(t, nil, "--socket", socket, "record", "--server", "-d", "100ms", "loop0", filepath.Join(trial.TempDir(t), "o.wav")).want(t, exitOK)
	(<-played).want(t, exitFailed, "loop0: the server has gone after")
}

// A source that has nothing to give must not hide that the server has gone.
func TestStalledPlayIsToldThatItsServerLeft(t *testing.T) {
	socket := testDaemon(t)
	r, w := io.Pipe()
	defer w.Close()
	played := background(t, r, "--socket", socket, "play", "--wait", "--raw", "loop0")
	recorded := background(t, nil, "--socket", socket, "record", "--server", "--raw", "-d", "10ms", "loop0", "/dev/null")
	if _, err := w.Write(trial.Noise(audio.DefaultFormat(), 480)); err != nil {
		t.Fatal(err)
	}
	(<-recorded).want(t, exitOK)
	(<-played).want(t, exitFailed, "loop0: the server has gone after")
}
