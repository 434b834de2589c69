package alsatest_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// cBuild is a directory with the plugin, its configuration, and programs of testdata that
// use the rig.
type cBuild struct {
	home     func() (string, error) // has the plugin
	flags    []string               // of the compiler, for the programs
	mutex    sync.Mutex
	programs map[string]func() (string, error)
}

// plainBuild has the plugin as agents have it.
var plainBuild = newCBuild(buildAgent)

func newCBuild(plugin func() (string, error), flags ...string) *cBuild {
	return &cBuild{flags: flags, programs: map[string]func() (string, error){}, home: plugin}
}

// program is testdata/NAME*.c, built once. It skips the test where there is no compiler.
func (b *cBuild) program(t testing.TB, name string) string {
	t.Helper()
	b.mutex.Lock()
	if b.programs[name] == nil {
		b.programs[name] = sync.OnceValues(func() (string, error) { return b.build(name) })
	}
	build := b.programs[name]
	b.mutex.Unlock()
	path, err := build()
	if err != nil {
		if _, missing := exec.LookPath("gcc"); missing != nil {
			t.Skip("nothing is tested through the ALSA plugin: there is no gcc")
		}
		t.Fatal(err)
	}
	return path
}

func (b *cBuild) build(name string) (string, error) {
	home, err := b.home()
	if err != nil {
		return "", err
	}
	path := filepath.Join(home, name)
	sources, _ := filepath.Glob("../testdata/" + name + "*.c")
	args := []string{"-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-o", path, "../testdata/rig.c"}
	args = append(append(append(args, sources...), b.flags...), "-lasound")
	return path, compile(args...)
}

func compile(args ...string) error {
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		return errors.New("gcc " + strings.Join(args, " ") + ": " + err.Error() + "\n" + string(out))
	}
	return nil
}
