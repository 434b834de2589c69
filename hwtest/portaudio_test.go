package hwtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// portAudioTests are the tests of package portaudio, in plan.Home.
const portAudioTests = "portaudio.test"

// TestMachinePortAudio runs cards below PortAudio in a machine of their own, with programs
// that are linked as cgo wants it: the machine has the host's libraries.
func TestMachinePortAudio(t *testing.T) {
	if lab.Inside() {
		t.Skip("this is the machine")
	}
	kernel := kernelFor(t, map[string]string{"amixer": "alsa-utils", "gcc": "gcc", "pkg-config": "pkg-config"})
	if err := exec.Command("pkg-config", "--exists", "portaudio-2.0").Run(); err != nil {
		unable(t, "PortAudio is missing (Debian: portaudio19-dev)")
	}
	built := t.TempDir()
	files := map[string]string{}
	for name, command := range map[string][]string{
		portAudioTests:   {"go", "test", "-tags", "portaudio", "-c", "-o", filepath.Join(built, portAudioTests), "../backend/portaudio"},
		testProgram("."): {"go", "test", "-tags", "portaudio", "-c", "-o", filepath.Join(built, testProgram(".")), "."},
		programFile:      {"make", "-C", "..", "build", "PORTAUDIO=1", "PROGRAM=" + filepath.Join(built, programFile)},
	} {
		files[name] = filepath.Join(built, name)
		cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
	}

	good := retell(t, reported(t, kernel, []lab.Card{lab.HDA(), lab.Silence(), lab.USB(), lab.Loopback()}, func(c lab.Config) (lab.Result, error) {
		c.Files = files
		return bootWith(t, kernel, chosenIn("TestPortAudioInside"), c)
	}))
	if len(good) == 0 {
		t.Error("nothing was tested")
	}
	if os.Getenv(chooseCards) != mustRun {
		t.Run("costs", func(t *testing.T) {
			t.Skip("what the daemon costs on PortAudio is not measured: make hwtest-vm does that")
		})
	}
}
