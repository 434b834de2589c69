package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// A reload starts, replaces and ends recorders, and lets those go on whose keys are the same, or that are only to keep
// something else. What is on a device that is replaced waits for it.
func TestReloadOfRecorders(t *testing.T) {
	dir := trial.TempDir(t)
	text := fmt.Sprintf(`
[[device]]
name = "card"
backend = "null"
input = { tone = 1000, level = -20 }
[[recorder]]
name = "first"
of = "card/record"
path = "%[1]s/{name}-{n}.wav"
[[recorder]]
name = "second"
of = "card/record"
path = "%[1]s/{name}-{n}.flac"
keep = "1d"
`, dir)
	f := startFiled(t, text)
	is := func(name, state string, segments uint64) {
		t.Helper()
		servertest.Until(t, name+" to be "+state, func() bool {
			r, err := f.Client.Recorder(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			return r.State == state && r.Segments == segments && (segments == 0 || r.File != "")
		})
	}
	is("first", "recording", 1)
	is("second", "recording", 1)
	edit := func(old, now string) string {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatal(old)
		}
		text = strings.Replace(text, old, now, 1)
		return text
	}
	f.reload(edit(`"1d"`, `"20GB"`), "recorder second: keep 24h0m0s -> 20000000000 bytes")
	is("second", "recording", 1)
	f.reload(edit(`{n}.wav"`, `{n}.wav"`+"\ntrigger = \"quiet\""), "recorder first: replaced: trigger none -> quiet")
	is("first", "armed", 0)
	is("second", "recording", 1)
	f.reload(edit("-20 }", "-30 }"), "device card: replaced: input 1000 Hz at -20 dBFS -> 1000 Hz at -30 dBFS")
	is("second", "recording", 2)
	if r, err := f.Client.Recorder(t.Context(), "second"); err != nil || r.Gaps != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	f.reload(edit(`name = "first"`, `name = "third"`), "recorder first: removed", "recorder third: added")
	is("third", "armed", 0)
	f.reload(text)
	if all, err := f.Client.Recorders(t.Context()); err != nil || len(all) != 2 || all[0].Name != "second" {
		t.Errorf("%+v, %v", all, err)
	}
}

// What an operator has stopped stays stopped: over a reload that replaces it, and a restart; what has started again is not.
func TestStoppedRecordersStayStopped(t *testing.T) {
	dir := trial.TempDir(t)
	text := fmt.Sprintf(`
[daemon]
state = "%[1]s/state.json"
[[recorder]]
name = "tape"
of = "loop0/heard"
path = "%[1]s/{name}-{n}.wav"
[[recorder]]
name = "other"
of = "loop1/heard"
path = "%[1]s/{name}-{n}.wav"
`, dir)
	state := func(t *testing.T, f *filed, name string) string {
		t.Helper()
		r, err := f.Client.Recorder(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return r.State
	}
	t.Run("reload", func(t *testing.T) {
		f := startFiled(t, text)
		for _, name := range []string{"tape", "other"} {
			if _, err := f.Client.StopRecorder(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.Client.StartRecorder(t.Context(), "other"); err != nil {
			t.Fatal(err)
		}
		f.reload(strings.Replace(text, "loop0/heard", "loop0/mix", 1), "recorder tape: replaced: of loop0/heard -> loop0/mix")
		if state(t, f, "tape") != "stopped" || state(t, f, "other") == "stopped" {
			t.Errorf("after the reload: %s, %s", state(t, f, "tape"), state(t, f, "other"))
		}
	})
	t.Run("restart", func(t *testing.T) {
		g := startFiled(t, text)
		if state(t, g, "tape") != "stopped" || state(t, g, "other") == "stopped" {
			t.Errorf("after the restart: %s, %s", state(t, g, "tape"), state(t, g, "other"))
		}
	})
}

// A recorder waits for an alarm, and an alarm watches a recorder.
func TestRecordersAndAlarms(t *testing.T) {
	dir := trial.TempDir(t)
	f := startFiled(t, fmt.Sprintf(`
[[loop]]
name = "phone"
[[alarm]]
name = "alone"
on = "no-client"
of = "phone"
for = "0s"
clear = "0s"
[[alarm]]
name = "lost"
on = "recorder-failed"
of = "recorder/away"
[[recorder]]
name = "incident"
of = "phone/heard"
path = "%[1]s/{name}-{n}.wav"
trigger = "alone"
preroll = "1s"
hold = "0s"
[[recorder]]
name = "away"
of = "phone/mix"
path = "%[1]s/none/{name}-{n}.wav"
`, dir))
	is := func(name, state string) {
		t.Helper()
		servertest.Until(t, name+" to be "+state, func() bool {
			r, err := f.Client.Recorder(t.Context(), name)
			return err == nil && r.State == state
		})
	}
	raised := func(name string, want bool) {
		t.Helper()
		servertest.Until(t, fmt.Sprintf("the alarm %s: %v", name, want), func() bool {
			a, err := f.Client.Alarm(t.Context(), name)
			return err == nil && (a.State == "raised") == want
		})
	}
	is("incident", "recording")
	is("away", "failing")
	raised("lost", true)
	s := f.flow("phone")
	raised("alone", false)
	is("incident", "armed")
	s.sends.Abandon()
	s.reads.Abandon()
	s.wait.Wait()
	is("incident", "recording")
	if err := os.Mkdir(filepath.Join(dir, "none"), 0o700); err != nil {
		t.Fatal(err)
	}
	is("away", "recording")
	raised("lost", false)
}
