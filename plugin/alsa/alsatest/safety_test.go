package alsatest_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/loop"
)

// The plugin runs in other people's programs; see testdata/safety.c. That nothing is
// written to standard output is checked for every C program.
func TestSafety(t *testing.T) {
	for _, name := range []string{"fork_leaves_the_stream_alone", "descriptors_are_close_on_exec", "no_signals_and_no_threads", "nothing_is_left_behind"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newCrank(t, loop.Spec{}).program(plainBuild.program(t, "safety"), name)
		})
	}
}
