package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

func TestParseSound(t *testing.T) {
	for _, c := range []struct {
		doc    string
		input  Input
		output string
	}{
		{``, Input{}, ""},
		{"input = \"silence\"\noutput = \"discard\"", Input{}, ""},
		{`input = { tone = 1000 }`, Input{Tone: 1000, Level: -20}, ""},
		{`input = { tone = 23999.5, level = 0 }`, Input{Tone: 23999.5}, ""},
		{`input = { tone = 440.5, level = -0.5 }`, Input{Tone: 440.5, Level: -0.5}, ""},
		{`input = { file = "sub/../in.wav" }`, Input{File: "dir/in.wav"}, ""},
		{`output = { file = "/out.wav" }`, Input{}, "/out.wav"},
		{"input.tone = 1\ninput.level = -144\n[device.output]\nfile = \"out.wav\"", Input{Tone: 1, Level: -144}, "dir/out.wav"},
	} {
		got, err := Parse("dir/test.toml", []byte("[[device]]\nname = \"null\"\n"+c.doc))
		if err != nil {
			t.Errorf("%s: %v", c.doc, err)
			continue
		}
		want := DefaultNull()
		want.Input, want.Output = c.input, c.output
		if !reflect.DeepEqual(got.Devices[0], want) {
			t.Errorf("%s: %+v, want %+v", c.doc, got.Devices[0], want)
		}
	}
}

// TestInputIsProbed: check and serve look at the header of an input, and its problems
// stand beside those of the text.
func TestInputIsProbed(t *testing.T) {
	dir := t.TempDir()
	cd := audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S16LE}
	trial.WriteWAV(t, filepath.Join(dir, "cd.wav"), cd, trial.Noise(cd, 100))
	if err := os.WriteFile(filepath.Join(dir, "text.wav"), []byte("no sound, but a text of some length"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "pipe.wav"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.wav"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "a.toml")
	for name, want := range map[string]string{
		"cd.wav":     "the file has 44100 Hz and the device 48000 Hz; convert the file, or give the device its rate",
		"none.wav":   "cannot read DIR/none.wav: no such file or directory",
		"pipe.wav":   "DIR/pipe.wav is a device, a pipe or a socket; use a file as input",
		"folder.wav": "DIR/folder.wav is a folder; use a file as input",
		"text.wav":   "",
	} {
		doc := fmt.Sprintf("[[device]]\nname = \"null\"\ninput = { file = %q }\nperiods = 1\n", name)
		if err := os.WriteFile(config, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(config)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		lines := strings.Split(strings.ReplaceAll(err.Error(), dir, "DIR"), "\n")
		prefix := fmt.Sprintf("DIR/a.toml:3:18: device[0].input.file = %q: ", name)
		if len(lines) != 2 || !strings.HasPrefix(lines[0], prefix+want) || !strings.HasPrefix(lines[1], "DIR/a.toml:4:11: device[0].periods") {
			t.Errorf("%s: %q", name, lines)
		}
	}
	// A device of its rate may have it.
	doc := "[[device]]\nname = \"null\"\nrate = 44100\nchannels = 1\nformat = \"S32_LE\"\ninput = { file = \"cd.wav\" }\n"
	if err := os.WriteFile(config, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(config); err != nil {
		t.Error(err)
	}
}
