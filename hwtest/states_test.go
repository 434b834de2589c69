package hwtest_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
	"github.com/loopbridge/loopbridge/plugin/alsa/states"
)

// statesFile is the program that fills in the table of states and calls, in plan.Home.
const statesFile = "states"

// statesSources are where the tests of the ALSA plugin have it, and the table.
const statesSources = "../plugin/alsa/testdata/"

// statesCase is the case that needs it.
const statesCase = "has the states of the ALSA plugin"

// mapped are reasons that do not hold where a program maps the buffer: alsa-lib then moves frames
// itself, for the kernel as for a plugin.
var mapped = []string{"waits", "unstarted"}

// buildStates builds it, for the machine, which has the host's C libraries.
func buildStates(dir string) (path string, err error) {
	path = filepath.Join(dir, statesFile)
	sources, _ := filepath.Glob(statesSources + "states*.c")
	args := append([]string{"-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", path, statesSources + "rig.c"}, sources...)
	if out, err := exec.Command("gcc", append(args, "-lasound")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("a C program cannot be built (Debian: gcc libasound2-dev): %w\n%s", err, out)
	}
	return path, nil
}

// statesAgree has the kernel's PCM fill in the table that the plugin fills in
// (alsatest.TestStates): where they differ the table gives a reason.
func statesAgree(b *bench) {
	program := filepath.Join(plan.Home, statesFile)
	if _, err := os.Stat(program); err != nil {
		b.without("the program was not built")
	}
	for _, direction := range []string{"playback", "capture"} {
		table, err := states.Read(statesSources+"states_"+direction+".txt", direction)
		if err != nil {
			b.Fatalf("%v", err)
		}
		for access, void := range map[string][]string{"rw": nil, "mmap": mapped} {
			out, err := exec.Command(program, "clock", "client", direction, access,
				"hw:"+b.card.ID+",0,2", "hw:"+b.card.ID+",1,2").Output()
			if err != nil {
				var exit *exec.ExitError
				errors.As(err, &exit)
				b.Fatalf("%s, %s: %v\n%s", direction, access, err, exit.Stderr)
			}
			if wrong := table.Compare(states.Kernel, string(out), void...); wrong != nil {
				b.Errorf("with %s it does other than the table says:\n%s", access, strings.Join(wrong, "\n"))
			}
		}
		cells, differ := table.Cells()
		b.say("%s: %d cells, in %d rows the plugin differs with a reason", direction, cells, differ)
	}
}
