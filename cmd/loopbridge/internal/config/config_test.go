package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/resample"
)

const configDir = "../../../../configs"

// The shipped example is documentation: what it says must be what happens.
func TestExampleIsTheDefault(t *testing.T) {
	c, err := Load(filepath.Join(configDir, "loopbridge.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(c, want) {
		t.Errorf("the example loads to\n%+v\nthe defaults are\n%+v", c, want)
	}
}

func TestEveryShippedConfigLoads(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(configDir, "*.toml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, error %v", files, err)
	}
	for _, file := range files {
		if _, err := Load(file); err != nil {
			t.Error(err)
		}
	}
}

// Every file in invalid begins with the messages it must cause, all of them and
// nothing else, one comment line each.
func TestInvalidConfigs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(configDir, "invalid", "*.toml"))
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".toml"), func(t *testing.T) {
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(doc)) {
				message, ok := strings.CutPrefix(line, "# "+name+":")
				if !ok {
					break
				}
				want = append(want, name+":"+strings.TrimRight(message, "\r\n"))
			}
			_, err = Parse(name, doc)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
		})
	}
}

func TestParseConfig(t *testing.T) {
	c, err := Parse("test", []byte(`
loop = [
  # inline tables are tables too
  { name = "a", device = "fast", buffer = "4ms" },
  { name = "b", rate = 8_000, channels = 1, format = "mu_law", on_client_close = "hold", start_timeout = "5s" },
]
device = [{ name = "fast", backend = "null", rate = 44100, period = "32", periods = 3, freewheel = true }]
daemon.users = ["anna", "bert"]
daemon.mode = "0666"
`))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Daemon{Mode: 0o666, Users: []string{"anna", "bert"}, Log: zerolog.InfoLevel, Nodes: Nodes{Mode: DefaultMode}}); !reflect.DeepEqual(c.Daemon, want) {
		t.Errorf("daemon %+v", c.Daemon)
	}
	cd := audio.DefaultFormat()
	cd.Rate = 44100
	wantDevices := []Device{
		DefaultNull(),
		{Name: "fast", Backend: Null, Config: backend.Config{Format: cd, Period: 32, Periods: 3}, Freewheel: true, Card: defaultCard()},
	}
	if !reflect.DeepEqual(c.Devices, wantDevices) {
		t.Errorf("devices %+v", c.Devices)
	}
	phone := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}
	wantLoops := []Loop{
		{Device: "fast", Spec: loop.Spec{Name: "a", Clients: loop.Exclusive, Format: audio.DefaultFormat(), Convert: convert.Options{Quality: resample.Good},
			Buffer: 4 * time.Millisecond, Period: 2 * time.Millisecond}},
		{Device: "null", Spec: loop.Spec{Name: "b", Clients: loop.Exclusive, Format: phone, OnClientClose: loop.Hold, StartTimeout: 5 * time.Second,
			Convert: convert.Options{Quality: resample.Good}, Buffer: 340 * time.Millisecond, Period: 10 * time.Millisecond}},
	}
	if !reflect.DeepEqual(c.Loops, wantLoops) {
		t.Errorf("loops %+v", c.Loops)
	}
}

// Listing the device null changes only what is listed, and needs no backend.
func TestNullDeviceCanBeListed(t *testing.T) {
	c, err := Parse("test", []byte("[[device]]\nname = \"null\"\nrate = 96000\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultNull()
	want.Format.Rate, want.Period = 96000, 960
	if len(c.Devices) != 1 || !reflect.DeepEqual(c.Devices[0], want) {
		t.Errorf("devices %+v, want only %+v", c.Devices, want)
	}
	if len(c.Loops) != 4 {
		t.Errorf("%d loops, want the four that exist by default", len(c.Loops))
	}
}

func TestDevicePeriod(t *testing.T) {
	for _, c := range []struct {
		rate   int
		period string
		frames int
	}{
		{48000, `"0.5ms"`, 24},
		{44100, `"0.5ms"`, 23}, // 22.05: never below half a millisecond
		{44100, `"10ms"`, 441},
		{1000, `"0.5ms"`, 1},
		{768000, `"1s"`, 768000},
		{48000, `64`, 64},
		{48000, `"64"`, 64},
	} {
		got, err := Parse("test", fmt.Appendf(nil, "[[device]]\nname=\"null\"\nrate=%d\nperiod=%s\n", c.rate, c.period))
		if err != nil || got.Devices[0].Period != c.frames {
			t.Errorf("%s at %d Hz: %+v, error %v, want %d frames", c.period, c.rate, got.Devices, err, c.frames)
		}
	}
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	for _, doc := range []string{"", "# nothing\n", "[daemon]\n", "loop = []\n"} {
		c, err := Parse("test", []byte(doc))
		if err != nil || !reflect.DeepEqual(c, Default()) {
			t.Errorf("%q: %+v, error %v", doc, c, err)
		}
	}
}

func TestProblemsAreTyped(t *testing.T) {
	_, err := Parse("test", []byte("[[loop]]\nname = \"a\"\nrate = 900000\n"))
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatalf("%T", err)
	}
	want := Problem{"test", 3, 8, "loop[0].rate", "900000", "out of range, use 1000..768000"}
	if *p != want {
		t.Errorf("%+v", *p)
	}
}

func TestUnreadableConfig(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.toml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("directory: %v", err)
	}
	big := filepath.Join(dir, "big.toml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(big); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("large file: %v", err)
	}
}

// The unit must not hide from the daemon what it looks at, and its sockets must be where the usual
// search ends.
func TestServiceUnit(t *testing.T) {
	var unit []byte
	for _, name := range []string{"loopbridge.socket", "loopbridge.service"} {
		text, err := os.ReadFile(filepath.Join(configDir, name))
		if err != nil {
			t.Fatal(err)
		}
		unit = append(unit, text...)
	}
	settings := map[string]string{}
	for line := range strings.Lines(string(unit)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == '[' && strings.HasSuffix(line, "]") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Errorf("not a setting: %q", line)
		}
		settings[key] = value
	}
	for key, want := range map[string]string{
		"Type": "notify", "Group": "audio", "ListenSequentialPacket": "/run/loopbridge/loopbridge.sock", "RuntimeDirectory": "",
		"PrivateUsers": "", "ProtectProc": "",
		"ExecStart": "/usr/local/bin/loopbridge serve --config /etc/loopbridge/loopbridge.toml",
	} {
		if settings[key] != want {
			t.Errorf("%s=%s, want %q", key, settings[key], want)
		}
	}
}

// Whatever the file, each problem is one line with a place inside of the file.
func FuzzConfig(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(configDir, "*", "*.toml"))
	for _, file := range append(files, filepath.Join(configDir, "appliance.toml")) {
		doc, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		c, err := Parse("f", doc)
		if err == nil {
			if len(c.Loops) == 0 || len(c.Devices) == 0 {
				t.Fatalf("nothing in %+v", c)
			}
			return
		}
		var problems Problems
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		lines := strings.Split(string(doc), "\n")
		for _, p := range problems {
			if strings.ContainsAny(p.Error(), "\r\n") {
				t.Fatalf("more than one line: %q", p.Error())
			}
			if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len(lines[p.Line-1])+1 {
				t.Fatalf("no such place: %s", p)
			}
		}
	})
}
