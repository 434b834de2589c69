package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
)

// TestAppliance has a machine with a Debian of its own, as somebody has it who installs the package: systemd, udev, apt,
// and nothing of the host. What happens there is a sequence, appliance_inside_test.go.
func TestAppliance(t *testing.T) {
	if lab.Inside() {
		t.Skip("this is the machine")
	}
	if os.Getenv(chooseCards) != mustRun {
		t.Skip("the packages are not installed in a Debian with systemd: make hwtest-vm does that")
	}
	programs := lab.DebianPrograms()
	programs["gcc"], programs["make"] = "gcc libc6-dev libasound2-dev", "make"
	kernel := kernelFor(t, programs)
	say := func(why string) { fmt.Println("machine:", why) }
	image, err := lab.FetchDebian(t.Context(), kernel, say)
	if err != nil {
		t.Fatal(err)
	}
	built := t.TempDir()
	files := map[string]string{testProgram("."): filepath.Join(built, testProgram("."))}
	if err := lab.BuildTest(t.Context(), ".", files[testProgram(".")]); err != nil {
		t.Fatal(err)
	}
	for _, version := range releases() {
		files[debFile(version)] = buildDeb(t, built, version)
	}
	good := retell(t, reported(t, kernel, []lab.Card{lab.HDA()}, func(c lab.Config) (lab.Result, error) {
		c.Files, c.Image, c.Dir = files, image, "/"
		c.Env = append(c.Env, secluded.Already+"=what the package installs is to be found")
		return bootWith(t, kernel, "TestApplianceInside$", c)
	}))
	for _, s := range stages() {
		if _, done := good[s.name]; !done {
			t.Errorf("the appliance did not come to this: it %s", s.name)
		}
	}
}

// releases are the versions of the packages, each later than the one before.
func releases() [2]string { return [2]string{"0.1.0~lab1", "0.1.0~lab2"} }

// debFile is the name of a package in plan.SystemHome.
func debFile(version string) string { return "loopbridge_" + version + ".deb" }

// buildDeb makes the package of this tree with a version.
func buildDeb(t *testing.T, dir, version string) string {
	t.Helper()
	out := filepath.Join(dir, version)
	cmd := exec.CommandContext(t.Context(), "make", "-C", "..", "packages", "ARCHES=amd64", "FORMATS=deb", "COMPRESSION=zstd", "VERSION="+version,
		"OUT="+out, "BUILT="+filepath.Join(out, "built"))
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, said)
	}
	return filepath.Join(out, fmt.Sprintf("loopbridge_%s-1_amd64.deb", version))
}

// inHome is a file of the machine's memory.
func inHome(name string) string { return filepath.Join(plan.SystemHome, name) }
