package server_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// Recorders are shown, started, stopped and marked; what they answer is as it is described.
func TestControlRecorders(t *testing.T) {
	p := newPanel(t)
	var list struct{ Recorders []object }
	if code := p.ask("GET", "/v1/recorders", "", &list); code != 200 || list.Recorders == nil || len(list.Recorders) != 0 {
		t.Errorf("%d %v", code, list)
	}
	dir := t.TempDir()
	p.clock.Feed(backendtest.NewCounter(p.engine.Granted().Format).Fill)
	for name, trigger := range map[string]string{"tape": "", "incident": "quiet"} {
		s := record.Spec{Name: name, Of: "mic", Path: filepath.Join(dir, "{name}-{n}.wav"), Format: record.WAV, Trigger: trigger}
		if _, err := p.recorders.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	is := func(name, state string) (r object) {
		t.Helper()
		servertest.Until(t, name+" to be "+state, func() bool {
			p.clock.Advance(p.engine.Granted().Period)
			r = nil
			return p.ask("GET", "/v1/recorders/"+name, "", &r) == 200 && r["state"] == state
		})
		return r
	}
	is("tape", "recording")
	is("incident", "armed")
	servertest.Until(t, "a file", func() bool {
		p.clock.Advance(p.engine.Granted().Period)
		return is("tape", "recording")["frames"].(float64) > 0
	})
	var r object
	for _, c := range []struct {
		path, body string
		code       int
		text       string
	}{
		{"tape/mark", `{"text":"door"}`, 200, ""},
		{"tape/mark", `{"text":"` + strings.Repeat("x", 201) + `"}`, 400, "a mark has at most 200 bytes"},
		{"tape/mark", `text`, 400, `not a mark, use an object such as {"text": "door opened"}`},
		{"incident/mark", `{"text":"door"}`, 400, "incident is armed; only what is recorded can be marked"},
		{"none/mark", `{"text":"door"}`, 404, "there is no recorder none"},
		{"none/start", ``, 404, "there is no recorder none"},
		{"incident/start", ``, 200, ""},
		{"tape/stop", ``, 200, ""},
	} {
		r = nil
		code := p.ask("POST", "/v1/recorders/"+c.path, c.body, &r)
		if text, _ := r["error"].(string); code != c.code || text != c.text {
			t.Errorf("%s: %d %v, want %d %s", c.path, code, r, c.code, c.text)
		}
	}
	is("incident", "recording")
	tape := is("tape", "stopped")
	servertest.Until(t, "the end of the file", func() bool {
		return p.ask("GET", "/v1/recorders/tape", "", &tape) == 200 && tape["file"] == ""
	})
	if tape["gaps"] != 0.0 || tape["missing"] != 0.0 || tape["segments"] != 1.0 || tape["kind"] != "wav" || tape["of"] != "mic" {
		t.Errorf("%v", tape)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "tape-000001.wav")); err != nil || !strings.Contains(string(text), "door") {
		t.Errorf("the mark is not in the file: %v", err)
	}
	if code := p.ask("GET", "/v1/recorders", "", &list); code != 200 || len(list.Recorders) != 2 || list.Recorders[0]["name"] != "incident" {
		t.Errorf("%d %v", code, list)
	}
	p.metrics(`loopbridge_recorder_state{recorder="incident",state="recording"} 1`, `loopbridge_recorder_gaps_total{recorder="tape"} 0`,
		`loopbridge_recorder_segments_total{recorder="tape"} 1`, `loopbridge_recorder_failing{recorder="tape"} 0`)
}

// metrics fails unless /metrics has lines.
func (p *panel) metrics(lines ...string) {
	p.Helper()
	r, err := p.http.Get("http://x/metrics")
	if err != nil {
		p.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		p.Fatal(r.Status, err)
	}
	for _, line := range lines {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			p.Errorf("/metrics lacks %s", line)
		}
	}
}
