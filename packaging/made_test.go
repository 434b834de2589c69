package packaging_test

import (
	"context"
	"debug/elf"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// triplets are what Debian calls processors in paths.
var triplets = map[string]struct {
	name    string
	machine elf.Machine
	rpm     string
}{
	"amd64": {"x86_64-linux-gnu", elf.EM_X86_64, "x86_64"},
	"arm64": {"aarch64-linux-gnu", elf.EM_AARCH64, "aarch64"},
}

func TestContents(t *testing.T) {
	pkg := madePackage(t)
	checkPackage(t, pkg)
	fromAlsaLib(t, pkg)
}

// "make packages-check" has all packages looked at.
func TestMadePackages(t *testing.T) {
	dir := os.Getenv("LOOPBRIDGE_PACKAGES")
	if dir == "" {
		t.Skip("not tested: packages for both processors; make packages-check does")
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(sums)) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		version, arch, isDeb := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(name, "loopbridge_"), ".deb"), "-1_")
		if !isDeb || path.Ext(name) != ".deb" {
			continue
		}
		seen++
		files := checkPackage(t, filepath.Join(dir, name))
		rpm := filepath.Join(dir, "loopbridge-"+version+"-1."+triplets[arch].rpm+".rpm")
		tarball := filepath.Join(dir, "loopbridge-"+version+"-linux-"+arch+".tar.gz")
		// What is where for dpkg, is elsewhere for the others.
		lib := "/usr/lib/" + triplets[arch].name + "/"
		both := []string{"zsh/vendor-completions/", "zsh/site-functions/", "doc/loopbridge/changelog.gz", "doc/loopbridge/CHANGELOG.md"}
		sameFiles(t, rpm, files, run(t, "rpm", "-qpl", rpm), func(name string) string {
			return strings.NewReplacer(append(both, lib, "/usr/lib64/", "doc/loopbridge/copyright", "licenses/loopbridge/copyright")...).Replace(name)
		})
		sameFiles(t, tarball, files, run(t, "tar", "-tzf", tarball), func(name string) string {
			if strings.Contains(name, "/man/") {
				name = strings.TrimSuffix(name, ".gz")
			}
			return "loopbridge-" + version + "-linux-" + arch + strings.NewReplacer(append(both, lib, "/lib/", "/usr/", "/")...).Replace(name)
		})
	}
	if seen == 0 {
		t.Errorf("%s has no package", dir)
	}
}

// sameFiles reports what a list lacks of the files of the Debian package, under the names that they have there.
func sameFiles(t *testing.T, pkg string, files []string, list string, there func(string) string) {
	t.Helper()
	listed := strings.Fields(list)
	for _, name := range files {
		if strings.Contains(name, "lintian") || strings.HasSuffix(name, "/changelog.Debian.gz") {
			continue
		}
		if !slices.Contains(listed, there(name)) {
			t.Errorf("%s lacks %s", pkg, there(name))
		}
	}
}

// checkPackage looks into a Debian package, and returns its files.
func checkPackage(t *testing.T, pkg string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	run(t, "dpkg-deb", "-x", pkg, dir)
	arch := strings.TrimSpace(run(t, "dpkg-deb", "-f", pkg, "Architecture"))
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, strings.TrimPrefix(name, dir))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	lib := "/usr/lib/" + triplets[arch].name + "/alsa-lib/libasound_module_"
	want := []string{"/usr/bin/loopbridge", lib + "pcm_loopbridge.so", lib + "ctl_loopbridge.so", config, "/etc/alsa/conf.d/50-loopbridge.conf",
		"/usr/lib/systemd/system/loopbridge.service", "/usr/lib/udev/rules.d/60-loopbridge.rules", "/usr/lib/sysusers.d/loopbridge.conf",
		"/usr/share/doc/loopbridge/configs/nodes.conf", "/usr/share/doc/loopbridge/configs/appliance.toml", "/usr/share/doc/loopbridge/copyright",
		"/usr/share/man/man5/loopbridge.toml.5.gz", "/usr/share/bash-completion/completions/loopbridge", "/usr/share/zsh/vendor-completions/_loopbridge",
		"/usr/share/fish/vendor_completions.d/loopbridge.fish"}
	for _, name := range want {
		info, err := os.Stat(dir + name)
		if err != nil || info.Size() == 0 {
			t.Errorf("%s lacks %s, or it is empty", pkg, name)
		}
	}
	conffiles := strings.Fields(run(t, "dpkg-deb", "-I", pkg, "conffiles"))
	for _, name := range files {
		if strings.HasPrefix(name, "/etc/") != slices.Contains(conffiles, name) {
			t.Errorf("%s: what is below /etc, and no other file, is kept in an upgrade: %s", pkg, name)
		}
	}

	floor := regexp.MustCompile(`libc6 \(>= ([0-9.]+)\)`).FindStringSubmatch(run(t, "dpkg-deb", "-f", pkg, "Depends"))
	if floor == nil {
		t.Fatalf("%s depends on no release of libc6", pkg)
	}
	if text, err := os.ReadFile("nfpm.yaml"); err != nil || !strings.Contains(string(text), "libc.so.6(GLIBC_"+floor[1]+")(64bit)") {
		t.Errorf("packages for dpkg and rpm depend on different C libraries: %v", err)
	}
	version := strings.TrimSuffix(strings.TrimSpace(run(t, "dpkg-deb", "-f", pkg, "Version")), "-1")
	for _, name := range want[:3] {
		file, err := elf.Open(dir + name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if file.Machine != triplets[arch].machine {
			t.Errorf("%s has a %s for %v", pkg, name, file.Machine)
		}
		needed, err := file.ImportedLibraries()
		if err != nil || name == want[0] && len(needed) > 0 {
			t.Errorf("%s needs %v: %v", name, needed, err)
		}
		if got := builtVersion(t, file); name != want[0] && got != version {
			t.Errorf("%s: %s says that it is of %q", pkg, name, got)
		}
		for symbol, version := range imported(t, file, "GLIBC_") {
			if later(t, version, floor[1]) {
				t.Errorf("%s: %s needs libc6 %s for %s, the package depends on %s", pkg, name, version, symbol, floor[1])
			}
		}
	}
	return files
}

// builtVersion returns what a plugin says, "" for another file.
func builtVersion(t *testing.T, file *elf.File) string {
	t.Helper()
	symbols, _ := file.DynamicSymbols() // a static program has none
	for _, s := range symbols {
		if s.Name == "loopbridge_plugin_version" {
			section := file.Sections[s.Section]
			text := make([]byte, s.Size-1) // without the NUL
			if _, err := section.ReadAt(text, int64(s.Value-section.Addr)); err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	return ""
}

// imported returns the versions of the symbols that a file takes from a library.
func imported(t *testing.T, file *elf.File, library string) map[string]string {
	t.Helper()
	found := map[string]string{}
	symbols, err := file.ImportedSymbols()
	if err != nil && file.Section(".dynamic") != nil {
		t.Fatal(err)
	}
	for _, s := range symbols {
		if version, ok := strings.CutPrefix(s.Version, library); ok {
			found[s.Name] = version
		}
	}
	return found
}

func later(t *testing.T, a, b string) bool {
	t.Helper()
	err := exec.Command("dpkg", "--compare-versions", a, "gt", b).Run()
	return err == nil
}

// fromAlsaLib compares what the plugins need with what Debian knows of each symbol: since which release it is there.
func fromAlsaLib(t *testing.T, pkg string) {
	t.Helper()
	var known string
	for _, pattern := range []string{"/var/lib/dpkg/info/libasound2*:" + strings.TrimSpace(run(t, "dpkg-deb", "-f", pkg, "Architecture")) + ".symbols", "/var/lib/dpkg/info/libasound2*.symbols"} {
		for _, name := range must(filepath.Glob(pattern)) {
			known = string(must(os.ReadFile(name)))
		}
		if known != "" {
			break
		}
	}
	if known == "" {
		t.Log("what the plugins need of alsa-lib is not tested: this is not Debian")
		return
	}
	since := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^ (\w+)@ALSA_\S+ (\S+)`).FindAllStringSubmatch(known, -1) {
		since[m[1]] = m[2]
	}
	floor := regexp.MustCompile(`libasound2 \(>= ([0-9.]+)\)`).FindStringSubmatch(run(t, "dpkg-deb", "-f", pkg, "Depends"))
	if floor == nil {
		t.Fatalf("%s depends on no release of libasound2", pkg)
	}
	dir := t.TempDir()
	run(t, "dpkg-deb", "-x", pkg, dir)
	used := map[string]string{}
	for _, name := range must(filepath.Glob(dir + "/usr/lib/*/alsa-lib/*.so")) {
		file := must(elf.Open(name))
		defer file.Close()
		maps.Copy(used, imported(t, file, "ALSA_"))
	}
	if len(used) < 20 {
		t.Errorf("the plugins use only %v of alsa-lib", used)
	}
	releases := map[string][]string{}
	for symbol := range used {
		releases[since[symbol]] = append(releases[since[symbol]], symbol)
	}
	for release, symbols := range releases {
		if later(t, release, floor[1]) {
			t.Errorf("%v are in alsa-lib since %s, the package depends on %s", symbols, release, floor[1])
		}
	}
}

// must is for what fails only on a broken machine.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A daemon in a container answers programs outside. Its image is from make container.
func TestMadeImage(t *testing.T) {
	dir := os.Getenv("LOOPBRIDGE_PACKAGES")
	if dir == "" {
		t.Skip("not tested: the image of a container; make packages-check does")
	}
	container := strings.TrimSpace(run(t, "buildah", "from", "localhost/loopbridge"))
	t.Cleanup(func() { run(t, "buildah", "rm", container) })
	sockets := t.TempDir()
	// chroot needs no runtime for containers, which may want more than a container permits itself.
	inside := func(ctx context.Context, args ...string) *exec.Cmd {
		return exec.CommandContext(ctx, "buildah", append([]string{"run", "--isolation=chroot", "-v", sockets + ":/run/loopbridge", container, "--", "/usr/bin/loopbridge"}, args...)...)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute) // for what hangs
	defer stop()
	if out, err := inside(ctx, "check", config).CombinedOutput(); err != nil {
		t.Errorf("check: %v\n%s", err, out)
	}
	var log strings.Builder
	daemon := inside(ctx, "serve", "--config", config)
	daemon.Cancel = func() error { return daemon.Process.Signal(syscall.SIGTERM) }
	daemon.Stderr = &log
	hints, err := daemon.StdoutPipe()
	if err == nil {
		err = daemon.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hints.Read(make([]byte, 1)); err != nil { // it is ready
		t.Errorf("the daemon does not start: %v\n%s", err, log.String())
	}
	outside := filepath.Join(dir, strings.TrimSpace(run(t, "go", "env", "GOHOSTARCH")), "loopbridge")
	if out := run(t, outside, "--socket="+filepath.Join(sockets, "loopbridge.sock"), "ls"); !strings.Contains(out, "loop0") {
		t.Errorf("outside there is only %q", out)
	}
	stop()
	_ = daemon.Wait()
}
