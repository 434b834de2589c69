package metrics_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/server/servertest"
)

const (
	alerts    = "../../configs/prometheus-alerts.yml"
	dashboard = "../../configs/grafana-dashboard.json"
)

// promtool runs the checker of Prometheus.
func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("alerts and metrics are not checked by promtool, which is missing; the Debian package prometheus has it")
	}
	c := exec.CommandContext(servertest.Guard(t), path, args...)
	c.Stdin = strings.NewReader(stdin)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestAlerts(t *testing.T) {
	promtool(t, "", "check", "rules", "--lint=all", "--lint-fatal", alerts)
}

// testdata says when each alert comes, and when it does not.
func TestAlertsCome(t *testing.T) {
	rules, err := filepath.Abs(alerts)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile("testdata/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(alerts)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllSubmatch(text, -1) {
		if !bytes.Contains(cases, append([]byte("alertname: "), m[1]...)) && !bytes.Contains(cases, append(append([]byte(`alertname="`), m[1]...), '"')) {
			t.Errorf("%s has no case", m[1])
		}
	}
	file := filepath.Join(t.TempDir(), "alerts.yml")
	if err := os.WriteFile(file, bytes.Replace(cases, []byte("[FILE]"), []byte("["+rules+"]"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "test", "rules", file)
}

func TestMetricsByPromtool(t *testing.T) {
	var ours strings.Builder // the linter finds faults with go_ and process_
	for line := range strings.Lines(scrape(t, whole(t))) {
		if strings.Contains(line, "loopbridge_") {
			ours.WriteString(line)
		}
	}
	promtool(t, ours.String(), "check", "metrics")
}

// What dashboard and alerts ask for is there.
func TestConfigsNameMetrics(t *testing.T) {
	d := whole(t)
	var text string
	servertest.Until(t, "two clocks are followed, and a file is written", func() bool {
		text = scrape(t, d)
		return strings.Contains(text, `loopbridge_route_clock_ratio{route="over"`) && strings.Contains(text, "loopbridge_recorder_full_seconds")
	})
	there := map[string]bool{}
	for line := range strings.Lines(text) {
		if end := strings.IndexAny(line, "{ "); end > 0 {
			there[line[:end]] = true
		}
	}
	for _, file := range []string{alerts, dashboard} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, name := range regexp.MustCompile(`\b(loopbridge|process|go)_[a-z0-9_]+`).FindAllString(string(text), -1) {
			if found++; !there[name] {
				t.Errorf("%s asks for %s, which is not there", file, name)
			}
		}
		if found < 15 {
			t.Errorf("%s asks for %d metrics only", file, found)
		}
	}
}

// The dashboard is what Grafana imports: panels with queries, one beside the other, that take their data from where the
// operator says.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title, UID string
		Panels     []struct {
			ID                 int
			Title, Description string
			GridPos            struct{ X, Y, W, H int }
			Targets            []struct {
				Expr, RefID string
				Datasource  struct{ UID string }
			}
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range board.Panels {
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 || ids[p.ID] {
			t.Errorf("panel %d %q lacks something", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, q := range p.Targets {
			if q.Expr == "" || q.RefID == "" || q.Datasource.UID != "${datasource}" {
				t.Errorf("%s: %+v", p.Title, q)
			}
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if at := [2]int{x, y}; x >= 24 || taken[at] != "" {
					t.Errorf("%s is over %s", p.Title, taken[at])
				} else {
					taken[at] = p.Title
				}
			}
		}
	}
	if len(board.Panels) < 8 || board.UID == "" {
		t.Errorf("%d panels", len(board.Panels))
	}
}
