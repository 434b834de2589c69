package alsatest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/plugin/alsa/states"
)

// TestStates: in each state each call does what the table says, with signals and without, with
// either access and at either end of a loop.
func TestStates(t *testing.T) {
	ends := map[string]string{"client": "loopbridge:loop0", "server": "loopbridge:loop0,server"}
	for _, direction := range []string{"playback", "capture"} {
		table, err := states.Read(fmt.Sprintf("../testdata/states_%s.txt", direction), direction)
		if err != nil {
			t.Fatal(err)
		}
		for role, device := range ends {
			other := ends["server"]
			if role == "server" {
				other = ends["client"]
			}
			for _, access := range []string{"rw", "mmap"} {
				t.Run(strings.Join([]string{direction, role, access}, "/"), func(t *testing.T) {
					t.Parallel()
					path := plainBuild.program(t, "states")
					out, said, err := newCrank(t, loop.Spec{}).output(path, []string{"crank", role, direction, access, device, other})
					if err != nil {
						t.Errorf("%v\n%s", err, said)
					}
					if wrong := table.Compare(states.Plugin, out); wrong != nil {
						t.Errorf("it does other than the table says:\n%s", strings.Join(wrong, "\n"))
					}
				})
			}
		}
	}
}
