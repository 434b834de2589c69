package loopbridge_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README is a door: what is long belongs into docs.
func TestReadmeIsShort(t *testing.T) {
	if n := strings.Count(read(t, "README.md"), "\n"); n > 130 {
		t.Errorf("README.md has %d lines, at most 130 are allowed; move some into docs", n)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// anchors are the names that a forge gives to the headings of a page.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(outsideOfCode(text), -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found[strings.ReplaceAll(plain, " ", "-")] = true
	}
	return found
}

func outsideOfCode(text string) string {
	return regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(text, "")
}

// Every link from a page to another one, or to a heading, leads somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	links := 0
	for _, page := range sources(t, ".md") {
		for _, m := range regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`).FindAllStringSubmatch(outsideOfCode(read(t, page)), -1) {
			links++
			if strings.Contains(m[1], "://") {
				continue
			}
			target := page
			if m[1] != "" {
				target = path.Join(path.Dir(filepath.ToSlash(page)), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			} else if m[2] != "" && !anchors(read(t, target))[m[2][1:]] {
				t.Errorf("%s links to %s, and %s has no such heading", page, m[1]+m[2], target)
			}
		}
	}
	if links < 30 {
		t.Errorf("only %d links are seen", links)
	}
}

// Every path of the control API that a page shows is in the API's description.
func TestPagesShowTheAPI(t *testing.T) {
	var known []*regexp.Regexp
	for _, m := range regexp.MustCompile(`(?m)^  (/v1/\S+):$`).FindAllStringSubmatch(read(t, "api/openapi.yaml"), -1) {
		pattern := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(m[1]), `[^/]+`)
		known = append(known, regexp.MustCompile("^"+pattern+"$"))
	}
	shown := 0
	for _, page := range sources(t, ".md", ".1", ".5") {
	paths:
		for _, at := range regexp.MustCompile(`/v1/[\w/.]*\w`).FindAllString(read(t, page), -1) {
			shown++
			for _, k := range known {
				if k.MatchString(at) {
					continue paths
				}
			}
			t.Errorf("%s shows %s, which api/openapi.yaml lacks", page, at)
		}
	}
	if len(known) < 8 || shown < 10 {
		t.Errorf("only %d paths are known, %d shown", len(known), shown)
	}
}

// make install brings every example configuration and every page, and make uninstall leaves
// only the configuration of the daemon.
func TestInstall(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("not tested: make install; there is no make")
	}
	dir, dest := t.TempDir(), filepath.Join(t.TempDir(), "dest")
	for _, name := range []string{"Makefile", "VERSION", "README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "configs", "docs", "man"} {
		if at, err := filepath.Abs(name); err != nil || os.Symlink(at, filepath.Join(dir, name)) != nil {
			t.Fatalf("no link to %s: %v", name, err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bin/loopbridge"), []byte("#!/bin/sh\n"), 0o755); err != nil { // it completes nothing
		t.Fatal(err)
	}
	installed := map[string]bool{}
	run := func(target string) {
		if out, err := exec.Command("make", "-C", dir, target, "GO=true", "DESTDIR="+dest).CombinedOutput(); err != nil {
			t.Fatalf("make %s: %v\n%s", target, err, out)
		}
		clear(installed)
		err := filepath.WalkDir(dest, func(name string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				installed[strings.TrimPrefix(name, dest)] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run("install")
	const doc = "/usr/local/share/doc/loopbridge/"
	want := []string{"/etc/loopbridge/loopbridge.toml", "/usr/local/bin/loopbridge", "/usr/local/lib/systemd/system/loopbridge.service",
		"/usr/local/lib/systemd/system/loopbridge.socket", "/usr/local/lib/systemd/system/loopbridge-control.socket",
		"/usr/local/lib/systemd/user/loopbridge.service", "/usr/local/lib/systemd/user/loopbridge.socket",
		"/usr/local/lib/udev/rules.d/60-loopbridge.rules", "/usr/local/lib/sysusers.d/loopbridge.conf",
		"/usr/local/share/man/man1/loopbridge.1", doc + "README.md", doc + "SECURITY.md"}
	for _, pattern := range []string{"configs/*.*[lfn]", "docs/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) < 5 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		for _, name := range names {
			want = append(want, doc+filepath.ToSlash(name))
		}
	}
	for _, name := range want {
		if !installed[name] {
			t.Errorf("make install does not bring %s", name)
		}
	}
	run("uninstall")
	if len(installed) != 1 || !installed["/etc/loopbridge/loopbridge.toml"] {
		t.Errorf("make uninstall leaves %v", installed)
	}
}
