//go:build portaudio && cgo

package portaudio_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/portaudio"
)

// alone runs the rest of a test in a process of its own: alsa-lib and PortAudio do not
// forget what happened to them. It is true in that process.
func alone(t *testing.T, env ...string) bool {
	t.Helper()
	const child = "LOOPBRIDGE_TEST_ALONE"
	if os.Getenv(child) == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "5m")
	cmd.Env = append(append(os.Environ(), child+"="+t.Name()), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
	return false
}

// alsaConfig is a file that takes the place of alsa-lib's own.
func alsaConfig(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "alsa.conf")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return "ALSA_CONFIG_PATH=" + name
}

// drive is what an engine does, until the stream fails.
func drive(s backend.Stream, frames uint64) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g := s.Granted()
	block := make([]byte, g.Period*g.Periods*g.Format.FrameBytes())
	for {
		t, err := s.Wait()
		if err != nil || t.Position >= frames {
			return err
		}
		if t.Readable > 0 {
			if _, err := s.Read(block[:t.Readable*g.Format.FrameBytes()]); err != nil {
				return err
			}
		}
		if t.Writable > 0 {
			if _, err := s.Write(block[:t.Writable*g.Format.FrameBytes()]); err != nil {
				return err
			}
		}
	}
}

func wish(play, record bool) backend.Config {
	return backend.Config{Play: play, Record: record, Format: audio.DefaultFormat(), Period: 256, Periods: 3}
}

// TestServerDies: the stream fails, and is given back, although PortAudio hangs then.
func TestServerDies(t *testing.T) {
	if !alone(t) {
		return
	}
	j := startJack(t, 48000, 256)
	l, err := portaudio.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Open(wish(true, true), portaudio.Options{Name: "JACK:system"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := drive(s, 4800); err != nil {
		t.Fatal(err)
	}
	j.kill(t)
	err = drive(s, 1<<60)
	if !errors.Is(err, audio.ErrIO) && !errors.Is(err, audio.ErrGone) {
		t.Errorf("it fails with %v", err)
	}
	t.Log(err)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := l.Open(wish(true, true), portaudio.Options{Name: "JACK:system"}); err == nil {
		t.Error("it opens again")
	} else {
		t.Log(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// TestRunaway: a device that has no clock is refused, before it takes the machine with it.
func TestRunaway(t *testing.T) {
	if !alone(t, alsaConfig(t, "pcm.endless { type null }\n")) {
		return
	}
	l := load(t)
	s, err := l.Open(wish(true, false), portaudio.Options{Name: "ALSA:endless"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := drive(s, 1<<60); !errors.Is(err, audio.ErrIO) {
		t.Errorf("it fails with %v", err)
	} else {
		t.Log(err)
	}
}

// TestRefusals: what cannot be opened is said in a sentence.
func TestRefusals(t *testing.T) {
	if !alone(t, alsaConfig(t, `
pcm.endless { type null }
pcm.speaker { type plug slave { pcm { type null } rate 44100 format S16_LE channels 2 } }
`)) {
		return
	}
	l := load(t)
	for _, test := range []struct {
		name string
		want error
		says string
	}{
		{"ALSA:speeker", audio.ErrNoDevice, `"ALSA:speaker"`},
		{"JACK:system", audio.ErrNoDevice, "no devices of JACK"},
		{"e", audio.ErrInvalid, "fits 2 devices"},
	} {
		s, err := l.Open(wish(true, false), portaudio.Options{Name: test.name})
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
		t.Log(err)
		if s != nil {
			s.Close()
		}
	}
	if _, err := portaudio.Load(); !errors.Is(err, audio.ErrBusy) {
		t.Errorf("a second one: %v", err)
	}
	devices, err := l.Devices()
	for _, d := range devices {
		t.Logf("%+v", d)
	}
	if err != nil || len(devices) != 2 {
		t.Errorf("%d devices, %v", len(devices), err)
	}
	s, err := l.Open(wish(true, false), portaudio.Options{Name: "speaker"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); !errors.Is(err, audio.ErrBusy) {
		t.Errorf("closed below a stream: %v", err)
	}
	if _, err := l.Open(wish(true, false), portaudio.Options{Name: "nobody"}); !errors.Is(err, audio.ErrNoDevice) || !strings.Contains(err.Error(), "none of its devices is in use") {
		t.Errorf("while another one is open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestHostAPIFails: where a host API does not start that is said, and tried again.
func TestHostAPIFails(t *testing.T) {
	if !alone(t, alsaConfig(t, "pcm.endless { type")) {
		return
	}
	l := load(t)
	for range 2 {
		if _, err := l.Open(wish(true, false), portaudio.Options{Name: "ALSA:endless"}); !errors.Is(err, audio.ErrIO) || !strings.Contains(err.Error(), "one of its host APIs failed") {
			t.Errorf("%v", err)
		}
	}
	file, _, _ := strings.Cut(os.Getenv("ALSA_CONFIG_PATH"), ":")
	if err := os.WriteFile(file, []byte("pcm.endless { type null }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := l.Open(wish(true, false), portaudio.Options{Name: "ALSA:endless"})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// TestLibraryAgain: it can be given back and had again.
func TestLibraryAgain(t *testing.T) {
	for range 3 {
		l, err := portaudio.Load()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Devices(); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
