package hwtest_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// portAudioTests are the tests of package portaudio, in plan.Home.
const portAudioTests = "portaudio.test"

// TestMachinePortAudio runs cards below PortAudio in a machine of their own, with programs
// that are linked as cgo wants it: the machine has the host's libraries.
func TestMachinePortAudio(t *testing.T) {
	if lab.Inside() {
		t.Skip("this is the machine")
	}
	if os.Getenv(chooseCards) != mustRun || os.Getenv(chooseCases) != "" {
		t.Skip("no card below PortAudio is tested: that is a machine more, which make hwtest-vm takes the time for")
	}
	if runtime.GOARCH != "amd64" {
		unable(t, "the machine is an amd64 one and runs the host's programs")
	}
	for program, pkg := range map[string]string{lab.Program: "qemu-system-x86", "amixer": "alsa-utils", "gcc": "gcc", "pkg-config": "pkg-config"} {
		if _, err := exec.LookPath(program); err != nil {
			unable(t, "%s is missing (Debian: %s)", program, pkg)
		}
	}
	if err := exec.Command("pkg-config", "--exists", "portaudio-2.0").Run(); err != nil {
		unable(t, "PortAudio is missing (Debian: portaudio19-dev)")
	}
	kernel, err := lab.FetchKernel(t.Context())
	if err != nil {
		unable(t, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
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

	began := time.Now()
	work := t.TempDir()
	const report = "report.json"
	r, err := lab.Run(t.Context(), kernel, lab.Config{
		Work:    work,
		Cards:   []lab.Card{lab.HDA(), lab.USB(), lab.Loopback()},
		Files:   files,
		Program: []string{filepath.Join(plan.Home, testProgram(".")), "-test.run", "^TestPortAudioInside$", "-test.timeout=0"},
		Dir:     here,
		Env: []string{
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + plan.Home, "LANG=C",
			reportFile + "=" + plan.Share + "/" + report,
		},
		Line:  func(line string) { fmt.Printf("%5.1fs  %s\n", time.Since(began).Seconds(), line) },
		Limit: 12 * time.Minute,
	})
	records, reportErr := readReport(filepath.Join(work, "share", report))
	good := retell(t, records)
	if err := errors.Join(err, reportErr); err != nil {
		t.Fatal(err)
	}
	if len(good) == 0 {
		t.Error("nothing was tested")
	}
	if r.Exit != 0 {
		t.Errorf("the tests in the machine ended with status %d", r.Exit)
	}
}
