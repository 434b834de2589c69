package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// countedInput is a WAV file of numbered frames, as an input.
func countedInput(t *testing.T, frames int) (path string, c backendtest.Counter, f audio.Format) {
	t.Helper()
	f = audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24LE3}
	c = backendtest.NewCounter(f)
	sound := make([]byte, frames*f.FrameBytes())
	c.Fill(sound, 0)
	path = filepath.Join(trial.TempDir(t), "in.wav")
	trial.WriteWAV(t, path, f, sound)
	return path, c, f
}

// soundOf returns the frames of WAV files, one after the other.
func soundOf(t *testing.T, pattern string) (all []byte) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		_, sound := trial.ReadWAV(t, name)
		all = append(all, sound...)
	}
	return all
}

// A recorder goes on in the program that takes over, with a segment that begins with the next frame.
func TestUpgradeLosesNoFrameOfARecorder(t *testing.T) {
	const frames = 1 << 20
	input, c, f := countedInput(t, frames)
	dir := trial.TempDir(t)
	s := newSeat(t, fmt.Sprintf(`
[[device]]
name = "card"
backend = "null"
format = "S24_3LE"
periods = 150 # a machine that stalls for a second loses nothing
input = { file = %q }
[[recorder]]
name = "tape"
of = "card/record"
path = "%s/{name}-{n}.wav"
[[recorder]]
name = "incident"
of = "card/record"
path = "%s/{name}-{n}.wav"
trigger = "quiet"
preroll = "1m"
`, input, dir, dir))
	operator := control.New(s.socket)
	frames1 := func(least float64) {
		t.Helper()
		servertest.Until(t, "frames in files", func() bool {
			r, err := operator.Recorder(t.Context(), "tape")
			s.ok(err)
			return float64(r.Frames) > least
		})
	}
	frames1(10000)
	for n := range uint64(2) {
		s.install(program(t))
		s.upgrades(n + 1)
		frames1(float64(n+2) * 20000)
	}
	before, err := operator.StartRecorder(t.Context(), "incident")
	s.ok(err)
	servertest.Until(t, "the pre-roll in a file", func() bool {
		r, err := operator.Recorder(t.Context(), "incident")
		s.ok(err)
		return r.Frames > 60000
	})
	for _, name := range []string{"tape", "incident"} {
		r, err := operator.StopRecorder(t.Context(), name)
		s.ok(err)
		servertest.Until(t, "the end of the file", func() bool {
			r, err = operator.Recorder(t.Context(), name)
			s.ok(err)
			return r.File == "" && r.Queued == 0
		})
		if r.Gaps != 0 || r.Missing != 0 || r.State != "stopped" {
			t.Errorf("%s: %+v", name, r)
		}
		sound := soundOf(t, filepath.Join(dir, name+"-*.wav"))
		if n := len(sound) / f.FrameBytes(); uint64(n) != r.Frames || n > frames {
			t.Errorf("%s: %d frames in files, %d counted", name, n, r.Frames)
		} else if bad, err := c.Check(sound, c.Number(sound)); err != nil {
			t.Errorf("%s: frame %d of %d: %v", name, bad, n, err)
		}
		if want := map[string]uint64{"tape": 3, "incident": 1}[name]; r.Segments != want {
			t.Errorf("%s: %d segments, want %d", name, r.Segments, want)
		}
	}
	if before.Room != 70*48000 {
		t.Errorf("%+v", before)
	}
}

// The command shows, starts, stops and marks recorders.
func TestRecorderCommand(t *testing.T) {
	dir := trial.TempDir(t)
	d := newDesk(t, fmt.Sprintf(`
[[recorder]]
name = "tape"
of = "desk/record"
path = "%s/{name}-{n}.flac"
[[recorder]]
name = "incident"
of = "phone/heard"
path = "%s/{name}-{n}.wav"
trigger = "quiet"
`, dir, dir))
	show := func() []api.Recorder {
		t.Helper()
		var list api.Recorders
		if err := json.Unmarshal([]byte(d.cli("recorder", "ls", "--json").stdout), &list); err != nil {
			t.Fatal(err)
		}
		return list.Recorders
	}
	servertest.Until(t, "sound in a file", func() bool { return show()[1].Frames > 0 && show()[0].State == "armed" })
	text := d.cli("recorder", "ls").stdout
	for _, want := range []string{"RECORDER", "armed, for quiet", "desk/record  recording", "tape-000001.flac"} {
		if !strings.Contains(text, want) {
			t.Errorf("ls lacks %q:\n%s", want, text)
		}
	}
	if !regexp.MustCompile(`B  +\d+ (days|hours|minutes)\b`).MatchString(text) { // the disk of this machine says which
		t.Errorf("ls does not say how long the disk lasts:\n%s", text)
	}
	for _, c := range []struct{ line, want string }{
		{"mark tape door", "tape: recording\n"}, {"stop tape", "tape: stopped\n"}, {"start tape", "tape: "}, {"start incident", "incident: "},
	} {
		if got := d.cli(append([]string{"recorder"}, strings.Fields(c.line)...)...).stdout; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
	d.cli("recorder", "stop", "none").want(t, exitFailed, "there is no recorder none")
	if o := cliRun(t, nil, "--socket", d.socket, "__complete", "--", "recorder", "mark", ""); strings.Join(strings.Fields(o.stdout), " ") != "incident tape" {
		t.Errorf("completion: %q", o.stdout)
	}
}
