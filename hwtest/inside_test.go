package hwtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// packages are those, as seen from here, whose own tests find something in the machine
// that they must do without elsewhere.
func packages() []string {
	return []string{"jack", "../backend/alsa", "../backend/alsa/card", "../backend/alsa/controls"}
}

// askHost asks the host of the machine for what needs no card.
func askHost(t *testing.T) {
	for request, want := range map[string]string{
		"mark here": "", "stop 20ms": "", "unplug nothing": "no card nothing", "sing": "a request is",
	} {
		err := lab.Ask(request)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", request, err, want)
		}
	}
}

// testProgram is where the host puts the tests of a package, in plan.Home.
func testProgram(pkg string) string { return strings.ReplaceAll(pkg, "/", "_") + ".test" }

// packageCard stands for a card where the tests of a package are reported.
const packageCard = "go test"

// once is a pattern of go test -skip: checks of a stream's states, which are the same in each
// format, in the second one.
const once = "^TestStreamOn/./FLOAT/./^(life|wake-late|descriptors)$"

// packageArguments are those of a package's tests, which r is to tell of.
func packageArguments(r *record, arguments ...string) []string {
	arguments = append(arguments, "-test.timeout=0")
	if !thorough() && filepath.Dir(r.Case) == "../backend" {
		arguments = append(arguments, "-test.skip="+once)
		r.Measured = append(r.Measured, "states of streams in one format; make hwtest-vm has all")
	}
	return arguments
}

// runPackage runs the tests of a package, as go test does it.
func runPackage(t *testing.T, pkg string) {
	r := record{Card: packageCard, Case: pkg, Result: "ok"}
	defer step(packageCard, pkg)()
	cmd := exec.Command(filepath.Join(plan.Home, testProgram(pkg)), packageArguments(&r)...)
	cmd.Dir = pkg
	cmd.Env = append(os.Environ(), "LOOPBRIDGE_TEST_CARDS=id:Loopback id:Silence")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	if err := cmd.Run(); err != nil {
		r.Result, r.Why = "fail", []string{err.Error()}
		t.Error(err)
	}
	fmt.Println(r)
	r.save(t)
}

// save adds it to the report.
func (r record) save(t *testing.T) {
	file := os.Getenv(reportFile)
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err == nil {
		defer f.Close()
		err = json.NewEncoder(f).Encode(r)
	}
	if err != nil {
		t.Errorf("the report: %v", err)
	}
}

func readReport(file string) (all []record, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for in := json.NewDecoder(f); ; {
		var r record
		if err := in.Decode(&r); err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, r)
	}
}
