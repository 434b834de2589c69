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

// mustRun makes a machine that cannot be booted a failure: somebody asked for it.
const mustRun = "machine"

// unable ends a test that needs a machine where there can be none.
func unable(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv(chooseCards) == mustRun {
		t.Fatalf(format, args...)
	}
	t.Skipf("no emulated sound card is tested: "+format, args...)
}

// TestMachine runs the tests of this package in a machine with one card of each kind.
func TestMachine(t *testing.T) {
	if lab.Inside() {
		t.Skip("this is the machine")
	}
	if testing.Short() {
		unable(t, "a machine takes too long for -short")
	}
	if runtime.GOARCH != "amd64" {
		unable(t, "the machine is an amd64 one and runs the host's programs")
	}
	for program, pkg := range map[string]string{lab.Program: "qemu-system-x86", "aplay": "alsa-utils"} {
		if _, err := exec.LookPath(program); err != nil {
			unable(t, "%s is missing (Debian: %s)", program, pkg)
		}
	}
	kernel, err := lab.FetchKernel(t.Context())
	if err != nil {
		unable(t, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	built := t.TempDir()
	for _, pkg := range append(packages(), ".") {
		name := testProgram(pkg)
		files[name] = filepath.Join(built, name)
		if err := lab.BuildTest(t.Context(), "./"+pkg, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	files[programFile] = filepath.Join(built, programFile)
	if err := lab.BuildProgram(t.Context(), "../cmd/loopbridge", files[programFile]); err != nil {
		t.Fatal(err)
	}

	began := time.Now()
	work := t.TempDir()
	const report = "report.json"
	r, err := lab.Run(t.Context(), kernel, lab.Config{
		Work:    work,
		Cards:   lab.AllCards(),
		Files:   files,
		Program: []string{filepath.Join(plan.Home, testProgram(".")), "-test.timeout=0"}, // its time is no measure
		Dir:     here,
		Env: []string{
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + plan.Home, "LANG=C",
			reportFile + "=" + plan.Share + "/" + report,
		},
		Line:  func(line string) { fmt.Printf("%5.1fs  %s\n", time.Since(began).Seconds(), line) },
		Limit: 12 * time.Minute, // on a host that has a lot else to do
	})
	records, reportErr := readReport(filepath.Join(work, "share", report))
	good := retell(t, records)
	if err := errors.Join(err, reportErr); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases() {
		if !good[c.name] {
			t.Errorf("no card of the laboratory %s", c.name)
		}
	}
	if r.Exit != 0 {
		t.Errorf("the tests in the machine ended with status %d", r.Exit)
	}
}

// retell makes tests of what the machine has reported, and says which cases were good on
// some card.
func retell(t *testing.T, records []record) (good map[string]bool) {
	good = map[string]bool{}
	for _, r := range records {
		r.save(t)
		good[r.Case] = good[r.Case] || r.Result == "ok"
		if r.Result != "none" {
			t.Run(r.Card+"/"+r.Case, func(t *testing.T) {
				if r.Result != "ok" {
					t.Error(r)
				}
			})
		}
	}
	return good
}
