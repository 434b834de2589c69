package statefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
)

// A state that cannot be written is said once, however often it changes; it is written as soon as it can be,
// without another change, which is said, too; and nothing is left to do after that.
func TestStateThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(trial.TempDir(t), "state")
		if err := os.WriteFile(folder, nil, 0o600); err != nil { // no folder can be there
			t.Fatal(err)
		}
		out, bay := &trial.Output{}, loop.NewPatchbay()
		path := filepath.Join(folder, "state.json")
		s, err := Open(path, "/nowhere", bay, zerolog.New(out))
		if err != nil {
			t.Fatal(err)
		}
		s.Follow()
		lines := func() int { return strings.Count(out.Text(), "\n") }
		before := lines() // that it could not be read
		for range 100 {
			bay.Tell(event.Event{Kind: event.Set})
			time.Sleep(time.Second)
		}
		if n := lines() - before; n != 1 || out.Line("cannot be saved; it is tried again") == "" {
			t.Errorf("%d lines: %s", n, out.Text())
		}
		if err := os.Remove(folder); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * tryAtLeast)
		if _, err := os.Stat(path); err != nil || out.Line("is saved again") == "" {
			t.Errorf("%v; the log: %s", err, out.Text())
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if _, err := os.Stat(path); err == nil {
			t.Error("it is written again and again")
		}
		s.Close()
		bay.Close()
	})
}
