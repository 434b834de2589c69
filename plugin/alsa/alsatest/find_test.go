package alsatest_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// nobody is who looks for daemons, if root runs the tests: permissions are nothing to root.
const nobody = 65534

// town has the places in which programs look for a daemon: home and run take the place of
// $XDG_RUNTIME_DIR and of /run. A daemon in home has the loop "ours", one in run "systems".
type town struct {
	*testing.T
	dir, home, run string
	tools          string // commands and plugins that look in run
	contained      bool   // programs are in a container, where they are root
}

const ours, systems = "ours", "systems"

// TestFindingTheDaemon is one table for the command, which is package client, the PCM plugin
// and the mixer plugin. All three reach the same daemon, or fail with the same errno.
func TestFindingTheDaemon(t *testing.T) {
	agentProgram(t) // builds the plugin, or skips
	run := filepath.Join(openFolder(t, built), "run")
	tools := toolsThatLookIn(t, run)
	const start, group = "start one with", "join the group of that socket and log in again"
	for _, c := range []struct {
		name  string
		env   string // more than XDG_RUNTIME_DIR=home; @ is the folder of the town
		setup func(*town)
		found string
		errno error
		words string // of all three, separated by |
	}{
		{"unset", "-XDG_RUNTIME_DIR", func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, systems, nil, ""},
		{"empty", "XDG_RUNTIME_DIR=", func(w *town) { w.daemon(w.run, systems) }, systems, nil, ""},
		{"no such folder", "XDG_RUNTIME_DIR=@/nowhere", func(w *town) { w.daemon(w.run, systems) }, systems, nil, ""},
		{"a file", "XDG_RUNTIME_DIR=@/file", func(w *town) { w.file("file"); w.daemon(w.run, systems) }, systems, nil, ""},
		{"relative", "XDG_RUNTIME_DIR=home", func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, systems, nil, ""},
		{"too long", "XDG_RUNTIME_DIR=@/" + strings.Repeat("x", 100), func(w *town) { w.daemon(w.run, systems) }, systems, nil, ""},
		{"of another user", "", func(w *town) { w.daemon(w.home, ours); w.chmod(w.home, 0); w.daemon(w.run, systems) }, systems, nil, ""},
		{"folder of another user in it", "", func(w *town) {
			w.daemon(w.home, ours)
			w.chmod(w.home+"/loopbridge", 0)
			w.daemon(w.run, systems)
		}, systems, nil, ""},
		{"stale socket", "", func(w *town) { w.stale(w.home); w.daemon(w.run, systems) }, systems, nil, ""},
		{"no socket", "", func(w *town) { w.file("home/loopbridge/loopbridge.sock"); w.daemon(w.run, systems) }, systems, nil, ""},
		{"socket for others", "", func(w *town) { w.chmod(w.daemon(w.home, ours), 0); w.daemon(w.run, systems) }, systems, nil, ""},
		{"empty folder", "", func(w *town) { w.daemon(w.run, systems) }, systems, nil, ""},
		{"both", "", func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, ours, nil, ""},
		{"both, named", "LOOPBRIDGE_SOCKET=@/run/loopbridge/loopbridge.sock", func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, systems, nil, ""},
		{"both, an empty name", "LOOPBRIDGE_SOCKET=", func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, ours, nil, ""},
		{"named, relative", "LOOPBRIDGE_SOCKET=run/loopbridge/loopbridge.sock", func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, systems, nil, ""},
		{"ours alone", "", func(w *town) { w.daemon(w.home, ours) }, ours, nil, ""},
		{"system's stale", "", func(w *town) { w.daemon(w.home, ours); w.stale(w.run) }, ours, nil, ""},
		{"system's for others", "", func(w *town) { w.daemon(w.home, ours); w.chmod(w.daemon(w.run, systems), 0) }, ours, nil, ""},

		{"nothing", "", func(*town) {}, "", syscall.ECONNREFUSED, "no daemon on @/home/loopbridge/loopbridge.sock|" + start},
		{"unset, nothing", "-XDG_RUNTIME_DIR", func(*town) {}, "", syscall.ECONNREFUSED, "no daemon on @/run/loopbridge/loopbridge.sock|" + start},
		{"both stale", "", func(w *town) { w.stale(w.home); w.stale(w.run) }, "", syscall.ECONNREFUSED, "no daemon on @/home|" + start},
		{"of another user, nothing", "", func(w *town) { w.daemon(w.home, ours); w.chmod(w.home, 0) }, "", syscall.ECONNREFUSED, "no daemon on|@/run/loopbridge/loopbridge.sock|" + start},
		{"socket for others, nothing", "", func(w *town) { w.chmod(w.daemon(w.home, ours), 0) }, "", syscall.EPERM, "you may not use the daemon on @/home/loopbridge/loopbridge.sock as user " + stranger() + ":|" + group},
		{"nothing, system's for others", "", func(w *town) { w.chmod(w.daemon(w.run, systems), 0) }, "", syscall.EPERM, "you may not use the daemon on @/run/loopbridge/loopbridge.sock as user " + stranger() + ":|" + group},
		{"both for others", "", func(w *town) { w.chmod(w.daemon(w.home, ours), 0); w.chmod(w.daemon(w.run, systems), 0) }, "", syscall.EPERM, "you may not use the daemon on @/run/loopbridge/loopbridge.sock as user " + stranger() + ":|" + group},
		{"of another user, system's for others", "", func(w *town) {
			w.daemon(w.home, ours)
			w.chmod(w.home, 0)
			w.chmod(w.daemon(w.run, systems), 0)
		}, "", syscall.EPERM, "you may not use the daemon on @/run/loopbridge/loopbridge.sock as user " + stranger() + ":|" + group},
		{"system's folder for others", "", func(w *town) { w.daemon(w.run, systems); w.chmod(w.run+"/loopbridge", 0) }, "", syscall.EPERM, "you may not enter the folder of the daemon on @/run|join its group"},
		{"both, another named", "LOOPBRIDGE_SOCKET=@/nothing", func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, "", syscall.ECONNREFUSED, "no daemon on @/nothing|" + start},
		{"both, one for others named", "LOOPBRIDGE_SOCKET=@/run/loopbridge/loopbridge.sock", func(w *town) { w.daemon(w.home, ours); w.chmod(w.daemon(w.run, systems), 0) }, "", syscall.EPERM, "you may not use the daemon on @/run/loopbridge/loopbridge.sock as user " + stranger() + ":|" + group},
		{"both, too long a name", "LOOPBRIDGE_SOCKET=@/" + strings.Repeat("x", 100), func(w *town) { w.daemon(w.home, ours); w.daemon(w.run, systems) }, "", syscall.ECONNREFUSED, "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &town{T: t, dir: filepath.Dir(run), home: filepath.Join(filepath.Dir(run), "home"), run: run, tools: tools}
			w.build()
			c.setup(w)
			name := c.found
			if name == "" {
				name = "any"
			}
			for _, tool := range [][]string{
				{tools + "/loopbridge", "ls"},
				{"aplay", "-q", "-f", "cd", "-D", "loopbridge:" + name, os.DevNull},
				{"amixer", "-D", "loopbridge:" + name, "scontrols"},
			} {
				w.check(tool, strings.ReplaceAll(c.env, "@", w.dir), c.found, c.errno, strings.ReplaceAll(c.words, "@", w.dir))
			}
		})
	}
}

// check runs one of the three: it has to reach the daemon with a loop, or to fail.
func (w *town) check(tool []string, env, found string, errno error, words string) {
	w.Helper()
	out, err := w.try(tool, env)
	name := filepath.Base(tool[0])
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		w.Fatalf("%s: %v", name, err)
	}
	if found != "" {
		// aplay is told that there is no server, by the daemon that has the loop.
		want := map[string]string{"loopbridge": found + " ", "aplay": found + ": no server holds the loop", "amixer": "Server"}[name]
		if !strings.Contains(out, want) {
			w.Errorf("%s does not find %s: %v, %s", name, found, err, out)
		}
		return
	}
	if err == nil {
		w.Errorf("%s finds a daemon: %s", name, out)
	}
	text := errno.Error()
	if name != "loopbridge" { // that one prints no errno
		words += "|" + strings.ToUpper(text[:1]) + text[1:]
	}
	for word := range strings.SplitSeq(words, "|") {
		if !strings.Contains(out, word) {
			w.Errorf("%s does not say %q: %s", name, word, out)
		}
	}
}

func (w *town) try(tool []string, env string) (string, error) {
	path, err := exec.LookPath(tool[0])
	if err != nil {
		w.Skipf("not tested: how %s finds a daemon; it is not installed", tool[0])
	}
	var out bytes.Buffer
	cmd := exec.Command(path, tool[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = w.dir, &out, &out, w.who()
	cmd.Env = append(os.Environ(), configBeside(w.tools+"/x"), "HOME="+w.dir, "NO_COLOR=1", "LC_ALL=C", "XDG_RUNTIME_DIR="+w.home)
	if unset, ok := strings.CutPrefix(env, "-"); ok {
		kept := cmd.Env[:0]
		for _, v := range cmd.Env {
			if !strings.HasPrefix(v, unset+"=") {
				kept = append(kept, v)
			}
		}
		cmd.Env = kept
	} else if env != "" {
		cmd.Env = append(cmd.Env, env)
	}
	err = cmd.Run()
	return out.String(), err
}

// asNobody is for a program that has no privileges.
func asNobody() *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

// openFolder lets everybody into a folder, or skips.
func openFolder(t *testing.T, dir string) string {
	t.Helper()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	look := exec.Command("ls", dir)
	look.SysProcAttr = asNobody()
	if out, err := look.CombinedOutput(); err != nil {
		t.Skipf("not tested: how a daemon is found; a user without privileges cannot look into %s: %v %s", dir, err, out)
	}
	return dir
}

// toolsThatLookIn has command and plugins for which run is the folder of the system.
func toolsThatLookIn(t *testing.T, run string) string {
	t.Helper()
	dir, err := buildPlugin(`-DLB_SYSTEM_RUN="` + run + `"`)
	if err != nil {
		t.Fatal(err)
	}
	openFolder(t, dir)
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-X github.com/loopbridge/loopbridge/client.systemRun="+run,
		"-o", filepath.Join(dir, "loopbridge"), "../../../cmd/loopbridge")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// build makes the folders, empty.
func (w *town) build() {
	w.Helper()
	for _, dir := range []string{w.home, w.run} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			w.Fatal(err)
		}
		w.Cleanup(func() {
			_ = os.Chmod(dir, 0o755)
			_ = os.Chmod(filepath.Join(dir, "loopbridge"), 0o755)
			if err := os.RemoveAll(dir); err != nil {
				w.Error(err)
			}
		})
	}
}

// daemon serves a loop of a name below a folder until the test ends.
func (w *town) daemon(below, name string) (socket string) {
	w.Helper()
	at := server.Socket{Path: w.socket(below), Mode: 0o666}
	if os.Geteuid() == 0 {
		at.Users = []string{"65534"}
	}
	servertest.Start(w, servertest.Options{Socket: at, Loops: []loop.Spec{{Name: name}}})
	w.Cleanup(func() {
		_ = os.Chmod(below, 0o755)
		_ = os.Chmod(filepath.Dir(at.Path), 0o755)
	})
	return at.Path
}

func (w *town) socket(below string) string {
	path := filepath.Join(below, "loopbridge", "loopbridge.sock")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.Fatal(err)
	}
	return path
}

// stale leaves a socket as a daemon does that is killed.
func (w *town) stale(below string) {
	w.Helper()
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: w.socket(below), Net: "unixpacket"})
	if err != nil {
		w.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	w.chmod(w.socket(below), 0o666)
}

// file makes one for everybody.
func (w *town) file(name string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		w.Fatal(err)
	}
	w.chmod(path, 0o666)
	w.Cleanup(func() { os.Remove(path) })
}

func (w *town) chmod(path string, mode os.FileMode) {
	w.Helper()
	err := os.Chmod(path, mode)
	if second := os.Chmod(control.Socket(path), mode); !errors.Is(second, os.ErrNotExist) { // a daemon has two
		err = errors.Join(err, second)
	}
	if err != nil {
		w.Fatal(err)
	}
}
