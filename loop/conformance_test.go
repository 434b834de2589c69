package loop_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestConformance runs the suite in one process and in virtual time.
func TestConformance(t *testing.T) {
	looptest.Harness{
		Bubble:  true,
		Connect: func(_ *testing.T, bay *loop.Patchbay) looptest.Opener { return looptest.Program(bay.Open) },
	}.Run(t)
}
