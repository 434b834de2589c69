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

// boot runs a test of this package in a machine, with the tests of others beside it. It
// ends the test where there can be no machine, or only a broken one.
func boot(t *testing.T, test string, c lab.Config, others ...string) (lab.Result, error) {
	t.Helper()
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
	if c.Dir, err = os.Getwd(); err != nil {
		t.Fatal(err)
	}
	c.Files = map[string]string{}
	built := t.TempDir()
	for _, pkg := range append(others, ".") {
		name := testProgram(pkg)
		c.Files[name] = filepath.Join(built, name)
		if err := lab.BuildTest(t.Context(), "./"+pkg, c.Files[name]); err != nil {
			t.Fatal(err)
		}
	}
	c.Files[programFile] = filepath.Join(built, programFile)
	if err := lab.BuildProgram(t.Context(), "../cmd/loopbridge", c.Files[programFile]); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if only := os.Getenv(chooseCases); only != "" && test == "TestCards" {
		test += "$/" + only
	}
	c.Program = []string{filepath.Join(plan.Home, testProgram(".")), "-test.run=^" + test + "$", "-test.timeout=0"} // its time is no measure
	c.Env = append(c.Env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME="+plan.Home, "LANG=C")
	if os.Getenv(chooseCards) == mustRun {
		c.Env = append(c.Env, longRun+"=yes")
	}
	heard := c.Line
	c.Line = func(line string) {
		if heard != nil {
			heard(line)
		}
		fmt.Printf("%5.1fs  %s\n", time.Since(began).Seconds(), line)
	}
	c.Limit = 15 * time.Minute // on a host that has a lot else to do
	return lab.Run(t.Context(), kernel, c)
}

// TestMachine runs TestCards in a machine with one card of each kind.
func TestMachine(t *testing.T) {
	if lab.Inside() {
		t.Skip("this is the machine")
	}
	work := t.TempDir()
	const report = "report.json"
	r, err := boot(t, "TestCards", lab.Config{
		Work: work, Cards: lab.AllCards(), Env: []string{reportFile + "=" + plan.Share + "/" + report},
	}, packages()...)
	records, reportErr := readReport(filepath.Join(work, "share", report))
	good := retell(t, records)
	if err := errors.Join(err, reportErr); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases() {
		if !good[c.name] && os.Getenv(chooseCases) == "" {
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
