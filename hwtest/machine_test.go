package hwtest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
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

// kernelFor is that of a machine for which these programs are needed, by the Debian package
// that each is in. It ends the test where there can be no machine.
func kernelFor(t *testing.T, programs map[string]string) lab.Kernel {
	t.Helper()
	if testing.Short() {
		unable(t, "a machine takes too long for -short")
	}
	if runtime.GOARCH != "amd64" {
		unable(t, "the machine is an amd64 one and runs the host's programs")
	}
	programs[lab.Program] = "qemu-system-x86"
	for program, pkg := range programs {
		if _, err := exec.LookPath(program); err != nil {
			unable(t, "%s is missing (Debian: %s)", program, pkg)
		}
	}
	kernel, err := lab.FetchKernel(t.Context(), os.Getenv(lab.KernelVariable), func(why string) { fmt.Println("kernel:", why) })
	if err != nil {
		unable(t, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return kernel
}

// boot runs tests of this package in a machine, those of a pattern of go test -run, with the
// tests of others beside them.
func boot(t *testing.T, kernel lab.Kernel, test string, c lab.Config, others ...string) (lab.Result, error) {
	t.Helper()
	files := map[string]string{}
	maps.Copy(files, c.Files)
	c.Files = files
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
	return bootWith(t, kernel, test, c)
}

// bootWith is boot where all is built.
func bootWith(t *testing.T, kernel lab.Kernel, test string, c lab.Config) (lab.Result, error) {
	t.Helper()
	var err error
	if c.Dir == "" {
		if c.Dir, err = os.Getwd(); err != nil {
			t.Fatal(err)
		}
	}
	shown := newProgress(os.Stdout, isTerminal(os.Stdout))
	fmt.Printf("kernel: %v\n", kernel)
	home := plan.Home
	if c.Image != "" {
		home = plan.SystemHome
	}
	c.Program = []string{filepath.Join(home, testProgram(".")), "-test.run=^" + test, "-test.timeout=0"} // its time is no measure
	c.Env = append(c.Env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME="+plan.Home, "LANG=C")
	if os.Getenv(chooseCards) == mustRun {
		c.Env = append(c.Env, longRun+"=yes")
	}
	heard := c.Line
	c.Line = func(line string) {
		if heard != nil {
			heard(line)
		}
		shown.line(line)
	}
	c.Silence = 20 * time.Minute // ten times what the longest case takes on a host that does nothing else
	began := time.Now()
	r, err := lab.Run(t.Context(), kernel, c)
	ended, total := shown.close()
	fmt.Printf("%d of %d cases have ended, after %.0f s; kernel: %v\n", ended, total, time.Since(began).Seconds(), kernel)
	return r, err
}

// reported runs a machine whose program writes a report, and returns that.
func reported(t *testing.T, kernel lab.Kernel, cards []lab.Card, run func(lab.Config) (lab.Result, error)) []record {
	t.Helper()
	work := t.TempDir()
	const report = "report.json"
	r, err := run(lab.Config{Work: work, Cards: cards, Env: []string{reportFile + "=" + plan.Share + "/" + report}})
	records, reportErr := readReport(filepath.Join(work, "share", report))
	if errors.Is(reportErr, fs.ErrNotExist) && err == nil {
		t.Fatalf("there is no case %q", os.Getenv(chooseCases))
	}
	for i := range records {
		records[i].Kernel = kernel.String()
	}
	if err := errors.Join(err, reportErr); err != nil {
		retell(t, records)
		t.Fatal(err)
	}
	if r.Exit != 0 && !slices.ContainsFunc(records, func(r record) bool { return r.Result == "fail" }) {
		t.Errorf("the tests in the machine ended with status %d", r.Exit)
	}
	return records
}

// TestMachine runs TestCards in a machine with one card of each kind.
func TestMachine(t *testing.T) {
	if lab.Inside() {
		t.Skip("this is the machine")
	}
	kernel := kernelFor(t, map[string]string{"aplay": "alsa-utils"})
	program, unbuilt := buildStates(t.TempDir())
	if unbuilt != nil {
		t.Run(statesCase, func(t *testing.T) {
			t.Skipf("the ALSA plugin is not compared with the kernel's PCMs: %v", unbuilt)
		})
	}
	good := retell(t, reported(t, kernel, lab.AllCards(), func(c lab.Config) (lab.Result, error) {
		if unbuilt == nil {
			c.Files = map[string]string{statesFile: program}
		}
		return boot(t, kernel, chosenIn("TestCards"), c, packages()...)
	}))
	for _, c := range cases() {
		if !good[c.name] && os.Getenv(chooseCases) == "" && (c.name != statesCase || unbuilt == nil) {
			t.Errorf("no card of the laboratory %s", c.name)
		}
	}
}

// chosenIn is a pattern of go test -run: the cases of a test that were chosen, or all.
func chosenIn(test string) string {
	if only := os.Getenv(chooseCases); only != "" {
		return test + "$/" + only
	}
	return test + "$"
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
