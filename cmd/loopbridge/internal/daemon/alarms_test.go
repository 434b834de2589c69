package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// silentAlarm is a configuration with an alarm of a loop in which nobody plays.
const silentAlarm = `
%s
[[loop]]
name = "a"
[[alarm]]
name = "quiet"
on = "silence"
of = "a:play"
for = %q
clear = "100ms"
webhook = { url = %q }
`

// alarmState returns the state of an alarm, by the API.
func (f *filed) alarm(name string) api.Alarm {
	f.Helper()
	a, err := f.Client.Alarm(f.Context(), name)
	if err != nil {
		f.Fatal(err)
	}
	return a
}

// From the sound of programs, over the socket, to a real HTTP server: an alarm is raised, acknowledged and over.
func TestAlarmOfARunningDaemon(t *testing.T) {
	got := make(chan alarm.Notice, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n alarm.Notice
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &n); err != nil {
			t.Error(err)
		}
		got <- n
	}))
	defer hook.Close()
	f := startFiled(t, fmt.Sprintf(silentAlarm, "", "50ms", hook.URL))
	if n := <-got; n.Change != alarm.WasRaised || n.Alarm != "quiet" || n.Of != "a:play" {
		t.Errorf("%+v", n)
	}
	if a := f.alarm("quiet"); a.State != "raised" || a.Raises != 1 || !a.IsRaised() {
		t.Errorf("%+v", a)
	}
	a, err := f.Acknowledge(t.Context(), "quiet", "", "nobody plays")
	if err != nil || a.State != "acknowledged" || a.Ack == nil || a.Ack.By == "" || a.Ack.Text != "nobody plays" {
		t.Errorf("%+v %v", a, err)
	}
	if n := <-got; n.Change != alarm.WasAcknowledged || n.By != a.Ack.By {
		t.Errorf("%+v", n)
	}
	r, err := f.TestAlarm(t.Context(), "quiet")
	if n := <-got; err != nil || len(r.Results) != 1 || r.Results[0] != (api.AlarmResult{Action: "webhook"}) || n.Change != alarm.WasTested {
		t.Errorf("%+v %v %+v", r, err, n)
	}
	if _, err := f.TestAlarm(t.Context(), "none"); !errors.Is(err, audio.ErrNoDevice) {
		t.Errorf("%v", err)
	}
	s := f.flow("a") // the numbers of its frames are no silence
	if n := <-got; n.Change != alarm.WasCleared {
		t.Errorf("%+v", n)
	}
	if a := f.alarm("quiet"); a.State != "ok" || len(a.Actions) != 1 {
		t.Errorf("%+v", a)
	}
	if _, err := f.Acknowledge(t.Context(), "quiet", "anna", ""); !errors.Is(err, audio.ErrBusy) {
		t.Errorf("%v", err)
	}
	s.stop()
	if n := <-got; n.Change != alarm.WasRaised || n.Number != 4 {
		t.Errorf("%+v", n)
	}
	for _, want := range []string{`"alarm":"quiet"`, `"change":"alarm raised"`, `"change":"alarm acknowledged"`, `"level":"warn"`} {
		if !strings.Contains(f.log.Text(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

// What was raised and who knows of it survives a restart, and a reload that changes parameters.
func TestAlarmsSurvive(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	text := func(takes string) string {
		return fmt.Sprintf(silentAlarm, fmt.Sprintf("daemon.state = %q", state), takes, "http://127.0.0.1:1/")
	}
	t.Run("before", func(t *testing.T) {
		f := startFiled(t, text("0s"))
		servertest.Until(t, "the alarm", func() bool { return f.alarm("quiet").State == "raised" })
		if _, err := f.Acknowledge(t.Context(), "quiet", "anna", "known"); err != nil {
			t.Fatal(err)
		}
		f.reload(text("1s"), "alarm quiet: for none -> 1s")
		if a := f.alarm("quiet"); a.State != "acknowledged" || a.For != 1 {
			t.Errorf("%+v", a)
		}
	})
	if saved, err := os.ReadFile(state); err != nil || !strings.Contains(string(saved), `"alarms"`) {
		t.Errorf("%s %v", saved, err)
	}
	t.Run("after", func(t *testing.T) {
		f := startFiled(t, text("1s"))
		if a := f.alarm("quiet"); a.State != "acknowledged" || a.Ack == nil || a.Ack.By != "anna" || a.Raises != 1 {
			t.Errorf("%+v", a)
		}
		f.reload(strings.Replace(text("1s"), "a:play", "a/server", 1), "alarm quiet: replaced: of a:play -> a/server")
		if a := f.alarm("quiet"); a.IsRaised() || a.Of != "a/server" {
			t.Errorf("%+v", a)
		}
		f.reload("[daemon]\nstate = \""+state+"\"\n[[loop]]\nname = \"a\"\n", "alarm quiet: removed")
		if all, err := f.Alarms(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%v %v", all, err)
		}
	})
}

// What alarms want to know of devices, loops and routes is what there is.
func TestFactsOfAlarms(t *testing.T) {
	f := startFiled(t, `
[[device]]
name = "one"
backend = "null"
[[device]]
name = "two"
backend = "null"
[[loop]]
name = "a"
[[loop]]
name = "out"
server = { device = "one", side = "play" }
[[route]]
name = "r"
from = "two/record"
to = "one/play"
`)
	known := (&fact{bay: f.bay, routes: f.routes.Board, recorders: f.recorders.Board}).of
	for _, name := range []string{"x", "a/x/y", "route/x", ""} {
		if k := known(name); !k.Missing && name != "a/x/y" {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if k := known("a"); k.Missing || k.Clients != 0 || k.Format != (audio.Format{}) || k.Moving {
		t.Errorf("%+v", k)
	}
	s := f.flow("a")
	s.moves(1000)
	for name, moving := range map[string]bool{"a": true, "a/client": true, "a/server": true, "null": true} {
		if k := known(name); k.Moving != moving || k.Clients != 1 && name != "null" || k.Gone != "" {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if k := known("a"); k.Format != audio.DefaultFormat() {
		t.Errorf("%+v", k)
	}
	s.stop()
	servertest.Until(t, "the route to find its clocks", func() bool { k := known("route/r"); return k.PPM != nil && k.Latency != nil && *k.Latency > 0 })
	if k := known("one"); !k.Moving || k.Missing {
		t.Errorf("%+v", k)
	}
}

// A configuration with an alarm is a daemon that hands it over.
func TestAlarmsAreHandedOver(t *testing.T) {
	f := startFiled(t, fmt.Sprintf(silentAlarm, "", "0s", "http://127.0.0.1:1/"))
	servertest.Until(t, "the alarm", func() bool { return f.alarm("quiet").State == "raised" })
	h, thaw, err := f.freeze(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	thaw()
	if s := h.Alarms["quiet"]; s.State != alarm.Raised || len(s.Waiting["webhook"]) != 1 || h.Config.Alarm("quiet") == nil {
		t.Errorf("%+v", s)
	}
}

// A recorder that waits for an alarm records while that is raised, and one that cannot write raises an alarm.
func TestAlarmsAndRecorders(t *testing.T) {
	dir := t.TempDir()
	f := startFiled(t, fmt.Sprintf(`
[[device]]
name = "hall"
backend = "null"
input = { tone = 1000, level = -20 }
[[loop]]
name = "a"
[[alarm]]
name = "alone"
on = "no-client"
of = "a"
for = "0s"
clear = "0s"
[[alarm]]
name = "lost"
on = "recorder-failed"
of = "recorder/nowhere"
[[recorder]]
name = "incident"
of = "hall/record"
path = "%s/{name}-{n}.wav"
trigger = "alone"
hold = "0s"
[[recorder]]
name = "nowhere"
of = "hall/record"
path = "/proc/nowhere/{n}.wav"
`, dir))
	state := func(name string) string {
		r, err := f.Client.Recorder(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return r.State
	}
	servertest.Until(t, "the alarm to make it record", func() bool { return state("incident") == "recording" })
	servertest.Until(t, "the other alarm", func() bool { return f.alarm("lost").State == "raised" })
	if a := f.alarm("lost"); !strings.Contains(a.Text, "/proc/nowhere") {
		t.Errorf("%+v", a)
	}
	s := f.flow("a")
	servertest.Until(t, "the recorder to wait again", func() bool { return state("incident") == "armed" })
	s.stop()
	servertest.Until(t, "it to record again", func() bool { return state("incident") == "recording" })
}
