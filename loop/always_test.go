package loop_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
)

// A device that always runs plays silence while nobody plays, from the start until it is closed.
func TestAlways(t *testing.T) {
	const period = 48
	for _, always := range []bool{false, true} {
		clock := backendtest.NewClock(backend.Config{Play: true, Period: period})
		e, err := loop.NewEngineWith("net", clock, loop.EngineOptions{Always: always})
		if err != nil {
			t.Fatal(err)
		}
		clock.Settle()
		if clock.Running() != always {
			t.Errorf("always %v: the clock runs: %v", always, clock.Running())
		}
		if always {
			clock.Advance(10 * period)
			clock.Settle()
			if n := len(clock.Played()) / clock.Granted().Format.FrameBytes(); n < 9*period {
				t.Errorf("%d frames were played", n)
			}
		}
		if err := e.Close(); err != nil || clock.Running() {
			t.Errorf("%v; it runs after its end: %v", err, clock.Running())
		}
	}
}
