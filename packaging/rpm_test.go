package packaging_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The life of a package for rpm, whose database and scripts are the same wherever it runs.
func TestMadeRPMLives(t *testing.T) {
	if os.Getenv("LOOPBRIDGE_PACKAGES") == "" {
		t.Skip("not tested: installing with rpm; make packages-check does")
	}
	var pkgs []string
	for _, version := range []string{"0.1.0~test1", "0.1.0~test2"} {
		dir := t.TempDir()
		run(t, "make", "-C", "..", "packages", "ARCHES="+runtime.GOARCH, "FORMATS=rpm", "VERSION="+version, "OUT="+dir, "BUILT="+filepath.Join(dir, "built"))
		pkgs = append(pkgs, must(filepath.Glob(dir+"/*.rpm"))...)
	}
	m := newMachine(t)
	_, asked := m.ask("rpm", "-i", "--nodeps", pkgs[0])
	if want := []string{"daemon-reload", "--no-reload preset " + units(t)}; !slices.Equal(asked, want) {
		t.Errorf("installed for the first time, systemd is asked for %q, want %q", asked, want)
	}
	if got := m.run("loopbridge", "version"); !strings.HasPrefix(got, "loopbridge 0.1.0~test1 (") {
		t.Errorf("loopbridge version says %q", got)
	}
	const edited = "# edited\n"
	m.write(config, edited)
	m.running(true)
	_, asked = m.ask("rpm", "-U", "--nodeps", pkgs[1])
	if want := []string{"daemon-reload", "reload loopbridge.service"}; !slices.Equal(asked, want) {
		t.Errorf("in an upgrade under a running daemon, systemd is asked for %q, want %q", asked, want)
	}
	if got := m.read(config); got != edited {
		t.Errorf("an upgrade makes of the configuration %q", got)
	}
	_, asked = m.ask("rpm", "-e", "loopbridge")
	if want := []string{"stop " + units(t), "--no-reload disable " + units(t), "daemon-reload"}; !slices.Equal(asked, want) {
		t.Errorf("removed, systemd is asked for %q, want %q", asked, want)
	}
	if left := m.changed("loopbridge"); !slices.Equal(left, []string{"/etc/loopbridge", config + ".rpmsave"}) {
		t.Errorf("a removal leaves %q", left)
	}
}
