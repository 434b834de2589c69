// Package packaging_test installs, upgrades and purges the package of this machine, in a copy of its file system
// that is thrown away.
package packaging_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
)

func TestMain(m *testing.M) {
	status := secluded.Run(m)
	_ = os.RemoveAll(out())
	os.Exit(status)
}

const firstVersion = "0.1.0~test1"

// out is where the packages are made.
func out() string { return filepath.Join(os.TempDir(), fmt.Sprintf("lbpackages%d", os.Getpid())) }

// made makes the .deb of this tree for this machine, once for all tests.
var made = sync.OnceValue(func() error {
	make := exec.Command("make", "-C", "..", "packages", "ARCHES="+runtime.GOARCH, "FORMATS=deb", "COMPRESSION=zstd", "VERSION="+firstVersion,
		"OUT="+out(), "BUILT="+filepath.Join(out(), "built"))
	if said, err := make.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", make, err, said)
	}
	return nil
})

// madePackage returns the .deb.
func madePackage(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"make", "gcc", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("not tested: the package; there is no %s", program)
		}
	}
	if err := exec.Command("gcc", "-E", "-include", "alsa/asoundlib.h", "-x", "c", "/dev/null").Run(); err != nil {
		t.Skip("not tested: the package; its plugins cannot be built without libasound2-dev")
	}
	if err := made(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(out(), fmt.Sprintf("loopbridge_%s-1_%s.deb", firstVersion, runtime.GOARCH))
	run(t, "sh", "-c", `cd "$1" && sha256sum --strict -c SHA256SUMS`, "sh", out())
	return name
}

// units are those of the machine, sockets first.
func units(t *testing.T) string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"../configs/*.socket", "../configs/*.service"} {
		for _, name := range must(filepath.Glob(pattern)) {
			names = append(names, filepath.Base(name))
		}
	}
	return strings.Join(names, " ")
}

// laterPackage is pkg with another version, and another configuration in it.
func laterPackage(t *testing.T, pkg, version string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "later")
	run(t, "dpkg-deb", "-R", pkg, dir)
	edit(t, filepath.Join(dir, "DEBIAN/control"), func(text string) string {
		return regexp.MustCompile(`(?m)^Version: .*$`).ReplaceAllString(text, "Version: "+version)
	})
	for _, name := range []string{"etc/loopbridge/loopbridge.toml", "etc/alsa/conf.d/50-loopbridge.conf"} {
		edit(t, filepath.Join(dir, name), func(text string) string { return text + "# " + version + "\n" })
	}
	later := filepath.Join(t.TempDir(), "loopbridge_"+version+".deb")
	run(t, "dpkg-deb", "-Znone", "--root-owner-group", "-b", dir, later)
	return later
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func edit(t *testing.T, name string, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, []byte(change(string(text))), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The life of a package on a machine with systemd, which is a program that writes down what it is told.
func TestLifeOfAPackage(t *testing.T) {
	pkg := madePackage(t)
	later := laterPackage(t, pkg, "0.1.0~test2-1")
	m := newMachine(t)

	_, asked := m.dpkg("-i", pkg)
	if want := []string{"daemon-reload", "start " + units(t)}; !slices.Equal(asked, want) {
		t.Errorf("installed for the first time, systemd is asked for %q, want %q", asked, want)
	}
	if _, err := os.Readlink(m.path(enabled)); err != nil {
		t.Errorf("the unit is not enabled: %v", err)
	}
	if unit := m.read("/usr/lib/systemd/system/loopbridge.service"); strings.Contains(unit, "/usr/local") || !strings.Contains(unit, "ExecStart=/usr/bin/loopbridge") {
		t.Errorf("the unit is not of this package:\n%s", unit)
	}
	if got, want := m.run("loopbridge", "version"), "loopbridge "+firstVersion+" ("; !strings.HasPrefix(got, want) {
		t.Errorf("loopbridge version says %q, want %q", got, want)
	}
	if page := m.run("zcat", "/usr/share/man/man1/loopbridge.1.gz"); !strings.Contains(page, `"loopbridge `+firstVersion+`"`) {
		t.Errorf("the manual does not say that it is of %s", firstVersion)
	}
	m.run("loopbridge", "check", config)
	m.playsThroughThePlugin()

	const edited = "# edited\n[daemon]\nlog = \"warn\"\n"
	m.write(config, edited)
	m.running(true)
	_, asked = m.dpkg("--force-confold", "-i", later)
	if want := []string{"daemon-reload", "reload loopbridge.service"}; !slices.Equal(asked, want) {
		t.Errorf("in an upgrade under a running daemon, systemd is asked for %q, want %q", asked, want)
	}
	if got := m.read(config); got != edited {
		t.Errorf("an upgrade makes of the configuration %q", got)
	}
	if got := m.read("/etc/alsa/conf.d/50-loopbridge.conf"); !strings.HasSuffix(got, "test2-1\n") {
		t.Error("an upgrade leaves a file of the release before, which nobody edited")
	}

	m.fails("reload")
	said, _ := m.dpkg("--force-confold", "-i", pkg)
	if !strings.Contains(said, `"systemctl reload loopbridge" tries again`) {
		t.Errorf("a reload fails, and nothing says what to do:\n%s", said)
	}
	m.fails("")
	m.running(false)
	_, asked = m.dpkg("--force-confold", "-i", later)
	if want := []string{"daemon-reload"}; !slices.Equal(asked, want) {
		t.Errorf("in an upgrade of a daemon that an administrator has stopped, systemd is asked for %q, want %q", asked, want)
	}

	_, asked = m.dpkg("--remove", "loopbridge")
	if want := []string{"stop " + units(t), "daemon-reload"}; !slices.Equal(asked, want) {
		t.Errorf("removed, systemd is asked for %q, want %q", asked, want)
	}
	if got := m.read(config); got != edited {
		t.Errorf("a removal makes of the configuration %q", got)
	}
	_, asked = m.dpkg("--force-confold", "-i", later)
	if want := []string{"daemon-reload", "start " + units(t)}; !slices.Equal(asked, want) {
		t.Errorf("back again, systemd is asked for %q, want %q", asked, want)
	}

	m.write("/var/lib/private/loopbridge/state.json", "{}")
	if err := os.RemoveAll(m.path("/var/lib/loopbridge")); err != nil { // of the daemon that root ran above
		t.Fatal(err)
	}
	if err := os.Symlink("private/loopbridge", m.path("/var/lib/loopbridge")); err != nil {
		t.Fatal(err)
	}
	m.write("/etc/loopbridge/token", "secret")
	m.dpkg("--purge", "loopbridge")
	if left := m.changed("loopbridge"); len(left) > 0 {
		t.Errorf("a purge leaves %q", left)
	}
	if _, err := os.Stat(m.path("/run/loopbridge")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a purge leaves the folder of the sockets: %v", err)
	}
}

// The scripts work where systemd does not run, as in the build of an image.
func TestPackageWithoutSystemd(t *testing.T) {
	pkg := madePackage(t)
	m := newMachine(t)
	m.withoutSystemd()
	if _, asked := m.dpkg("-i", pkg); len(asked) > 0 {
		t.Errorf("systemd, which does not run, is asked for %q", asked)
	}
	if _, err := os.Readlink(m.path(enabled)); err != nil {
		t.Errorf("the unit is not enabled for the next start: %v", err)
	}
	if err := os.Remove(m.path(enabled)); err != nil { // by an administrator
		t.Fatal(err)
	}
	m.dpkg("-i", laterPackage(t, pkg, "0.1.0~test2-1"))
	if _, err := os.Readlink(m.path(enabled)); err == nil {
		t.Error("an upgrade enables a unit that an administrator has disabled")
	}
	m.dpkg("--purge", "loopbridge")
	if left := m.changed("loopbridge"); len(left) > 0 {
		t.Errorf("a purge leaves %q", left)
	}
}

// An upgrade goes forward: from commit to commit, and from those to their release.
func TestVersionsSort(t *testing.T) {
	for _, program := range []string{"git", "make", "dpkg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("not tested: versions; there is no %s", program)
		}
	}
	dir := t.TempDir()
	makefile, err := filepath.Abs("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(makefile, filepath.Join(dir, "Makefile")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "VERSION")
	version := func(text, time string) string {
		t.Helper()
		if err := os.WriteFile(file, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if time != "" {
			git := exec.Command("sh", "-c", "test -e .git || git init -q; git add VERSION && git commit -q --allow-empty -m x")
			git.Dir = dir
			git.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a", "GIT_COMMITTER_DATE="+time)
			if out, err := git.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		return strings.TrimSpace(run(t, "make", "-s", "-C", dir, "version"))
	}
	if got := version("0.1.0~dev", ""); got != "0.1.0~dev" {
		t.Errorf("without git the version is %q", got)
	}
	rising := []string{
		version("0.1.0~dev", "2026-11-29T23:30:00+0000"),
		version("0.1.0~dev", "2026-11-30T01:00:00+0200"),
		version("0.1.0~dev", "2026-11-30T00:30:00+0100"),
		version("0.1.0", "2026-12-01T00:00:00+0000"),
		version("0.2.0~dev", "2026-12-01T00:01:00+0000"),
	}
	if !regexp.MustCompile(`^0\.1\.0~dev\.20261129233000\.g[0-9a-f]{12}$`).MatchString(rising[0]) || rising[3] != "0.1.0" {
		t.Errorf("the versions are %q", rising)
	}
	if rising[1], rising[0] = rising[0], rising[1]; !strings.Contains(rising[0], ".20261129230000.") {
		t.Errorf("the time in %q is not UTC", rising[0])
	}
	rising = slices.Delete(rising, 2, 3) // of the same second as another
	for i := range rising[1:] {
		if err := exec.Command("dpkg", "--compare-versions", rising[i]+"-1", "lt", rising[i+1]+"-1").Run(); err != nil {
			t.Errorf("dpkg sorts %s before %s", rising[i+1], rising[i])
		}
		rpm := fmt.Sprintf(`%%{lua:print(rpm.vercmp("%s", "%s"))}`, rising[i], rising[i+1])
		if out, err := exec.Command("rpm", "--eval", rpm).Output(); err == nil && string(bytes.TrimSpace(out)) != "-1" {
			t.Errorf("rpm sorts %s before %s: %s", rising[i+1], rising[i], out)
		}
	}
	if err := os.WriteFile(file, []byte("0.1.0~dev\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(run(t, "make", "-s", "-C", dir, "version")); !strings.HasSuffix(got, ".dirty") {
		t.Errorf("with a change that is not committed the version is %q", got)
	}
}
