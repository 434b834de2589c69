package packaging_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// systemd is a systemctl that writes down what it is told to do and answers what a test wants. What concerns files
// alone is done by the real one, or where there is none as deb-systemd-helper has it.
const systemd = `#!/bin/sh
case $* in
*--root=*preset* | *is-enabled*)
	if test -e /usr/bin/systemctl.real; then exec /usr/bin/systemctl.real --root=/ $(echo "$*" | sed 's,--root=/,,; s,--system,,'); fi
	ln -sf /usr/lib/systemd/system/loopbridge.service /etc/systemd/system/multi-user.target.wants/
	;;
*is-active*) test -e /run/active ;;
*)
	echo "$*" | sed 's/--system //; s/--quiet //' >>/run/asked
	test "$1" != "$(cat /run/fails 2>/dev/null)"
	;;
esac
`

const (
	config  = "/etc/loopbridge/loopbridge.toml"
	enabled = "/etc/systemd/system/multi-user.target.wants/loopbridge.service"
)

// machine is a copy of the file system of this one: what is written there is in memory, and gone after the test.
type machine struct {
	*testing.T
	root, written string // the file system, and what differs in it
}

// newMachine moves the goroutine of the test into a mount namespace, where it stays until the test ends. The machine has
// no loopbridge, and a systemd that writes down what it is asked for.
func newMachine(t *testing.T) *machine {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("not tested: installing the package; only root may mount a file system to install it in")
	}
	if _, err := exec.LookPath("deb-systemd-helper"); err != nil {
		t.Skip("not tested: installing the package; there is no deb-systemd-helper, so this is not Debian")
	}
	runtime.LockOSThread() // for good: the thread ends with the test, and with it the namespace
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		t.Skipf("not tested: installing the package; this machine permits no mount namespace: %v", err)
	}
	dir := t.TempDir()
	m := &machine{t, filepath.Join(dir, "root"), filepath.Join(dir, "written")}
	m.mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	m.mount("tmpfs", dir, "tmpfs", 0, "")
	t.Cleanup(func() { // removes nothing of this machine
		for _, name := range []string{m.path("dev"), m.root, dir} {
			_ = syscall.Unmount(name, syscall.MNT_DETACH)
		}
	})
	for _, name := range []string{"root", "written", "work"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.mount("overlay", m.root, "overlay", 0, "lowerdir=/,upperdir="+m.written+",workdir="+filepath.Join(dir, "work"))
	m.mount("/dev", m.path("/dev"), "", syscall.MS_BIND|syscall.MS_REC, "")

	m.run("dpkg", "--purge", "loopbridge")
	m.run("sh", "-c", `rm -rf /etc/loopbridge /etc/alsa/conf.d/50-loopbridge.conf /var/lib/loopbridge /var/lib/private/loopbridge /run/* /usr/sbin/policy-rc.d
		find /etc/systemd /usr/local /usr/lib/*/alsa-lib -name "*loopbridge*" -prune -exec rm -rf {} +`)
	m.write("/run/systemd/system/here", "")
	if _, err := os.Stat(m.path("/usr/bin/systemctl")); err == nil {
		m.run("cp", "-L", "/usr/bin/systemctl", "/usr/bin/systemctl.real")
	}
	m.run("mkdir", "-p", "/etc/systemd/system/multi-user.target.wants")
	_ = os.Remove(m.path("/usr/bin/systemctl"))
	m.write("/usr/bin/systemctl", systemd)
	if err := os.Chmod(m.path("/usr/bin/systemctl"), 0o755); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *machine) mount(source, target, kind string, flags uintptr, data string) {
	m.Helper()
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		m.Skipf("not tested: installing the package; this machine cannot mount %s (%s): %v", source, data, err)
	}
}

func (m *machine) path(name string) string { return filepath.Join(m.root, name) }

func (m *machine) read(name string) string {
	m.Helper()
	text, err := os.ReadFile(m.path(name))
	if err != nil {
		m.Fatal(err)
	}
	return string(text)
}

func (m *machine) write(name, text string) {
	m.Helper()
	err := os.MkdirAll(filepath.Dir(m.path(name)), 0o755)
	if err == nil {
		err = os.WriteFile(m.path(name), []byte(text), 0o644)
	}
	if err != nil {
		m.Fatal(err)
	}
}

// command runs inside, as the first login of root would.
func (m *machine) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/usr/bin/env", append([]string{name}, args...)...)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Chroot: m.root}
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "HOME=/root"}
	return cmd
}

func (m *machine) run(name string, args ...string) string {
	m.Helper()
	out, err := m.command(m.Context(), name, args...).CombinedOutput()
	if err != nil {
		m.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// dpkg returns what it says, and what systemd was asked for.
func (m *machine) dpkg(args ...string) (said string, asked []string) {
	m.Helper()
	return m.ask("dpkg", append([]string{"--no-triggers"}, args...)...) // mandb takes seconds
}

// ask runs a program and returns what it says, and what systemd was asked for. A file that is named is one outside.
func (m *machine) ask(program string, args ...string) (said string, asked []string) {
	m.Helper()
	for i, arg := range args {
		if filepath.IsAbs(arg) {
			text, err := os.ReadFile(arg)
			if err != nil {
				m.Fatal(err)
			}
			args[i] = "/run/" + filepath.Base(arg)
			m.write(args[i], string(text))
		}
	}
	_ = os.Remove(m.path("/run/asked"))
	said = m.run(program, args...)
	text, err := os.ReadFile(m.path("/run/asked"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		asked = append(asked, strings.TrimSpace(line))
	}
	asked = slices.Compact(asked) // dpkg's helpers reload once more
	return said, asked
}

// running says whether systemd takes the daemon for active.
func (m *machine) running(yes bool) {
	m.Helper()
	if yes {
		m.write("/run/active", "")
	} else if err := os.Remove(m.path("/run/active")); err != nil {
		m.Fatal(err)
	}
}

// fails is a verb of systemctl that fails from now on.
func (m *machine) fails(verb string) {
	m.Helper()
	m.write("/run/fails", verb)
}

func (m *machine) withoutSystemd() {
	m.Helper()
	if err := os.RemoveAll(m.path("/run/systemd")); err != nil {
		m.Fatal(err)
	}
}

// changed returns the files with a word in their name that are there, and were not on this machine.
func (m *machine) changed(word string) (names []string) {
	m.Helper()
	err := filepath.WalkDir(m.written, func(name string, d fs.DirEntry, err error) error {
		inside := strings.TrimPrefix(name, m.written)
		// A device marks what was removed.
		if err == nil && strings.Contains(inside, word) && d.Type()&fs.ModeDevice == 0 && !strings.HasPrefix(inside, "/run/") {
			names = append(names, inside)
		}
		return err
	})
	if err != nil {
		m.Fatal(err)
	}
	return names
}

// playsThroughThePlugin proves that alsa-lib finds the plugin without being told where, and that plugin and daemon speak
// with each other: frames that a program plays arrive.
func (m *machine) playsThroughThePlugin() {
	m.Helper()
	if _, err := os.Stat(m.path("/usr/bin/aplay")); err != nil {
		m.Log("the plugin of the package is not tested: there is no aplay")
		return
	}
	frames := strings.Repeat("loopbridge..", 4000) // 12000 of S16 stereo
	m.write("/run/frames", frames)
	ctx, stop := context.WithTimeout(m.Context(), 5*time.Minute) // for what hangs
	defer stop()
	var log strings.Builder
	daemon := m.command(ctx, "loopbridge", "serve", "--config", config)
	daemon.Cancel = func() error { return daemon.Process.Signal(syscall.SIGTERM) }
	daemon.Stderr = &log
	hints, err := daemon.StdoutPipe()
	if err == nil {
		err = daemon.Start()
	}
	if err != nil {
		m.Fatal(err)
	}
	defer func() {
		stop()
		_ = daemon.Wait()
	}()
	if _, err := hints.Read(make([]byte, 1)); err != nil { // it is ready
		m.Fatalf("the daemon does not start: %v\n%s", err, log.String())
	}
	recorder := m.command(ctx, "loopbridge", "record", "--server", "loop0", "/run/out.wav")
	if err := recorder.Start(); err != nil {
		m.Fatal(err)
	}
	play := m.command(ctx, "aplay", "-q", "-t", "raw", "-f", "dat", "-D", "loopbridge:LOOP=loop0,WAIT=1", "/run/frames")
	if out, err := play.CombinedOutput(); err != nil {
		m.Errorf("aplay: %v\n%s%s", err, out, log.String())
		_ = recorder.Process.Kill()
	}
	if err := recorder.Wait(); err != nil {
		m.Errorf("loopbridge record: %v", err)
	}
	if got := m.read("/run/out.wav"); !strings.Contains(got, frames) {
		m.Errorf("what aplay plays does not arrive: there are %d bytes, want %d and a header", len(got), len(frames))
	}
}
