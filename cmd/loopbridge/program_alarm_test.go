package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// An alarm stays raised and acknowledged while the program is replaced, and again; what waits for its webhook arrives, and
// its command goes on and is not run again.
func TestProgramUpgradeWithAlarms(t *testing.T) {
	var mu sync.Mutex
	var got []string
	var works atomic.Bool
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n alarm.Notice
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
			t.Error(err)
		}
		if !works.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if text := string(n.Change) + n.By; !slices.Contains(got, text) { // one may come twice
			got = append(got, text)
		}
	}))
	defer hook.Close()
	dir := trial.TempDir(t)
	script := `echo "begin $LOOPBRIDGE_ALARM_CHANGE" >>"$0/log"; until [ -e "$0/go" ]; do sleep 0.05; done; echo "end $LOOPBRIDGE_ALARM_CHANGE" >>"$0/log"`
	s := newSeat(t, fmt.Sprintf(`
[[loop]]
name = "a"
[[alarm]]
name = "alone"
on = "no-client"
of = "a"
for = "0s"
webhook = { url = %q }
command = { run = ["/bin/sh", "-c", %q, %q], timeout = "1m" }
`, hook.URL, script, dir))
	c := control.New(s.socket)
	lines := func() []string {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	servertest.Until(t, "the command", func() bool { return len(lines()) == 1 && lines()[0] == "begin raised" })
	_, err := c.Acknowledge(t.Context(), "alone", "anna", "")
	s.ok(err)
	for n := range uint64(3) {
		s.upgrades(n + 1)
		a, err := c.Alarm(t.Context(), "alone")
		if s.ok(err); a.State != "acknowledged" || a.Ack.By != "anna" || a.Raises != 1 {
			t.Errorf("%+v", a)
		}
	}
	works.Store(true)
	s.ok(os.WriteFile(filepath.Join(dir, "go"), nil, 0o600))
	servertest.Until(t, "both notices and both commands", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == 2 && len(lines()) == 4
	})
	all := lines()
	slices.Sort(all)
	if want := []string{"begin acknowledged", "begin raised", "end acknowledged", "end raised"}; !slices.Equal(all, want) {
		t.Errorf("%q", all)
	}
	if want := []string{"raised", "acknowledgedanna"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
