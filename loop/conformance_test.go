package loop_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSharedConformance runs the suite on loops that several clients may share. With one
// client they are as any other.
func TestSharedConformance(t *testing.T) {
	h := harness()
	h.Sharing = loop.Shared
	h.Inapplicable = map[string]string{}
	for _, name := range []string{
		"D1_waiting_clients_come_in_their_order", "E04_D4_second_client_is_EBUSY", "D26_events_come_once_each",
		"D13_D16_client_that_closes_before_the_server_reads_is_heard_all_the_same",
		"D13_D16_client_that_dies_before_the_server_reads_is_heard_all_the_same",
	} {
		h.Inapplicable[name] = "a second client need not wait"
	}
	h.Run(t)
}

// TestConformance runs the suite in one process and in virtual time.
func TestConformance(t *testing.T) {
	harness().Run(t)
}

func harness() looptest.Harness {
	return looptest.Harness{
		Bubble:  true,
		Connect: func(_ *testing.T, bay *loop.Patchbay) looptest.Opener { return looptest.Program(bay.Open) },
	}
}
