package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// exampleCard is the shipped example with its output in a folder of the test.
func exampleCard(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Load("../../../../configs/card.toml")
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Devices {
		if d := &c.Devices[i]; d.Output != "" {
			d.Output = filepath.Join(t.TempDir(), filepath.Base(d.Output))
		}
	}
	return c
}

// TestCardDevice: the device of the example records its tone and keeps what is played,
// here its own input one tick later, in its file.
func TestCardDevice(t *testing.T) {
	c := exampleCard(t)
	d := c.Devices[len(c.Devices)-1]
	d.Freewheel = true
	s, err := (&Daemon{}).open(d)
	if err != nil {
		t.Fatal(err)
	}
	if g := s.Granted(); !g.Play || !g.Record || d.Name != "card" {
		t.Fatalf("%s grants %+v", d.Name, g)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var want []byte
	for range 50 {
		tick, err := s.Wait()
		if err != nil {
			t.Fatal(err)
		}
		block := make([]byte, tick.Readable*4)
		_, got := s.Read(block)
		_, put := s.Write(block)
		if got != nil || put != nil {
			t.Fatal(got, put)
		}
		want = append(want, block...)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	f, got := trial.ReadWAV(t, d.Output)
	if f != d.Format || len(want) != 50*480*4 || !bytes.Equal(got, want) {
		t.Errorf("%d bytes played, the file has %d of %s", len(want), len(got), f)
	}
	tone, err := null.Tone(d.Format, 1000, -20)
	if err != nil {
		t.Fatal(err)
	}
	tone.Fill(want, 0)
	if !bytes.Equal(got, want) {
		t.Error("the file is not the tone")
	}
}

// TestCardDaemon: a daemon with the example starts and ends, and leaves a whole file.
func TestCardDaemon(t *testing.T) {
	c := exampleCard(t)
	d, err := Start(c, filepath.Join(trial.TempDir(t), "s"), zerolog.Nop(), Source{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if f, _ := trial.ReadWAV(t, c.Devices[1].Output); f != c.Devices[1].Format {
		t.Errorf("the file is of %s", f)
	}
}

func TestDeviceFileRefusals(t *testing.T) {
	dir := t.TempDir()
	f := audio.DefaultFormat()
	trial.WriteWAV(t, filepath.Join(dir, "empty.wav"), f, nil)
	for _, c := range []struct {
		input, output string
		want          string
	}{
		{"none.wav", "", "input: cannot read DIR/none.wav: no such file or directory"},
		{"empty.wav", "", "input DIR/empty.wav: the file has no frames; use one that has sound"},
		{"", "none/x.wav", "output: cannot write DIR/none/x.wav: no such file or directory"},
		{"", ".", "DIR is a folder; use a file as output"},
	} {
		d := config.DefaultNull()
		if c.input != "" {
			d.Input.File = filepath.Join(dir, c.input)
		}
		if c.output != "" {
			d.Output = filepath.Join(dir, c.output)
		}
		_, err := (&Daemon{}).open(d)
		if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != c.want {
			t.Errorf("%q, %q: %v", c.input, c.output, err)
		}
	}
	// Nothing stays of an output that cannot be.
	d := config.DefaultNull()
	d.Format.Encoding, d.Output = audio.S16BE, filepath.Join(dir, "odd.wav")
	if _, err := (&Daemon{}).open(d); !errors.Is(err, audio.ErrInvalid) {
		t.Error(err)
	}
	if _, err := os.Stat(d.Output); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file stays: %v", err)
	}
}

// teller is a stream with something to tell.
type teller chan error

func (r teller) Reports() <-chan error { return r }

// TestReportsAreLogged: each once, with device and file.
func TestReportsAreLogged(t *testing.T) {
	r := make(teller, 2)
	r <- errors.New("too slow")
	r <- errors.New("3 frames are missing")
	close(r)
	var out bytes.Buffer
	d := config.DefaultNull()
	d.Output = "/x.wav"
	logReports(zerolog.New(&out), d, backend.Reporter(r))
	var got []string
	for line := range strings.Lines(out.String()) {
		var entry map[string]string
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry["level"] != "warn" || entry["device"] != "null" || entry["file"] != "/x.wav" {
			t.Errorf("logged %s", line)
		}
		got = append(got, entry["error"])
	}
	if strings.Join(got, ", ") != "too slow, 3 frames are missing" {
		t.Errorf("logged %q", got)
	}
}

// TestPortsOfAStreamThatHasNone: the daemon says which device is at fault, and gives
// everything back.
func TestPortsOfAStreamThatHasNone(t *testing.T) {
	c := config.Default()
	c.Devices[0].Ports.Play.Use = audio.PortSpeaker
	if _, err := Start(c, filepath.Join(trial.TempDir(t), "s"), zerolog.Nop(), Source{}); err == nil || err.Error() != "device null: the device has no play side to have ports" {
		t.Error(err)
	}
}
