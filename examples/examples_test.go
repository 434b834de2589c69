package examples_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
)

// stage is a daemon in this process with the loop loop0, and the examples as programs.
type stage struct {
	*testing.T
	dir    string
	socket string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	dir, err := os.MkdirTemp("", "lb") // short, as the kernel wants the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &stage{T: t, dir: dir, socket: filepath.Join(dir, "s")}
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", dir+"/", "./recorder", "./tone", "./levels").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	s.serve()
	return s
}

// serve runs the daemon until the test ends.
func (s *stage) serve() {
	s.Helper()
	clock, err := null.Open(backend.Config{Format: audio.DefaultFormat(), Period: 480, Periods: 2}, null.Options{})
	if err != nil {
		s.Fatal(err)
	}
	engine, bay := loop.NewEngine("null", clock), loop.NewPatchbay()
	if err := bay.Add(loop.Spec{Name: "loop0"}, engine); err != nil {
		s.Fatal(err)
	}
	programs, err := server.Listen(server.Socket{Path: s.socket}, bay, zerolog.Nop())
	if err != nil {
		s.Fatal(err)
	}
	operators, err := server.ListenControl(server.Socket{Path: control.Socket(s.socket)}, server.Panel{Bay: bay}, zerolog.Nop())
	if err != nil {
		s.Fatal(err)
	}
	served := make(chan error, 2)
	go func() { served <- programs.Serve() }()
	go func() { served <- operators.Serve() }()
	s.Cleanup(func() {
		err := errors.Join(programs.Close(), operators.Close())
		bay.Close()
		if err := errors.Join(err, <-served, <-served, engine.Close()); err != nil {
			s.Error(err)
		}
	})
}

// program is an example that runs.
type program struct {
	*exec.Cmd
	out bytes.Buffer
}

// start runs an example. If the test fails, it is killed.
func (s *stage) start(name string, args ...string) *program {
	s.Helper()
	p := &program{Cmd: exec.CommandContext(s.Context(), filepath.Join(s.dir, name), append([]string{"-socket", s.socket}, args...)...)}
	p.Stdout, p.Stderr = &p.out, &p.out
	if err := p.Start(); err != nil {
		s.Fatal(err)
	}
	return p
}

// wait returns what the program has printed.
func (p *program) wait(s *stage) string {
	s.Helper()
	if err := p.Wait(); err != nil {
		s.Errorf("%s: %v\n%s", filepath.Base(p.Path), err, p.out.String())
	}
	return p.out.String()
}

// sound reads a WAV file.
func (s *stage) sound(path string) (audio.Format, []byte) {
	s.Helper()
	file, err := os.Open(path)
	if err != nil {
		s.Fatal(err)
	}
	defer file.Close()
	wav, err := wav.NewReader(file)
	if err != nil {
		s.Fatal(err)
	}
	total, _ := wav.Frames()
	buf := make([]byte, int(total)*wav.Format().FrameBytes())
	if n, err := wav.ReadFrames(buf); err != nil || int64(n) != total {
		s.Fatalf("%d of %d frames: %v", n, total, err)
	}
	return wav.Format(), buf
}

// The recorder gets every frame of the tone, and not one more.
func TestRecorderAndTone(t *testing.T) {
	s := newStage(t)
	const frames, amplitude = 4801, 0.1 // of 48000 a second
	take := filepath.Join(s.dir, "take.wav")
	recorder := s.start("recorder", "loop0", take)
	s.start("tone", "-hz", "1000", "-level", "-20", "-seconds", fmt.Sprint(frames/48000.0), "loop0").wait(s)
	if got := recorder.wait(s); got != fmt.Sprintln(frames, "frames") {
		t.Errorf("the recorder says %q", got)
	}
	f, sound := s.sound(take)
	if f.Rate != 48000 || f.Channels != 2 || f.Encoding != audio.S16LE || len(sound) != 4*frames {
		t.Fatalf("%s, %d bytes", f, len(sound))
	}
	for i := range 2 * frames {
		got := float64(int16(binary.LittleEndian.Uint16(sound[2*i:]))) / 32768
		if want := amplitude * math.Sin(2*math.Pi*1000*float64(i/2)/48000); math.Abs(got-want) > 1.0/32768 {
			t.Fatalf("sample %d is %f, want %f", i, got, want)
		}
	}
}

// The watcher sees the tone; a signal ends tone and recorder, and the recording is whole.
func TestLevels(t *testing.T) {
	s := newStage(t)
	take := filepath.Join(s.dir, "take.wav")
	recorder := s.start("recorder", "loop0", take)
	tone := s.start("tone", "-level", "-6", "-seconds", "86400", "loop0")
	// On a busy machine there may be silence in between.
	lines := regexp.MustCompile(`^(play(\s+(-inf|-\d+\.\d)){2}   record\n){5}$`)
	if got := s.start("levels", "-interval", "20ms", "-n", "5", "loop0").wait(s); !lines.MatchString(got) || !strings.Contains(got, " -6.0 ") {
		t.Errorf("the watcher says %q", got)
	}
	if err := tone.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := tone.Wait(); err == nil || !strings.Contains(tone.out.String(), "interrupted") {
		t.Errorf("the tone ends with %v: %q", err, tone.out.String())
	}
	said := recorder.wait(s)
	f, sound := s.sound(take)
	if frames := len(sound) / f.FrameBytes(); frames == 0 || said != fmt.Sprintln(frames, "frames") {
		t.Errorf("the recorder says %q, and its file has %d frames", said, frames)
	}
}
