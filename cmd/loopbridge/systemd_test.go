package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// manager is what a service manager would hear.
type manager struct {
	*net.UnixConn
	path string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(trial.TempDir(t), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &manager{c, path}
}

// next is the next message.
func (m *manager) next(t *testing.T) string {
	t.Helper()
	_ = m.SetReadDeadline(time.Now().Add(servertest.Hang))
	text := make([]byte, 4096)
	n, err := m.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(text[:n])
}

// until reads messages until one begins with a text.
func (m *manager) until(t *testing.T, begins string) string {
	t.Helper()
	for {
		if text := m.next(t); strings.HasPrefix(text, begins) {
			return text
		}
	}
}

// Type=notify: READY when both sockets answer, the loops and programs as they come, the watchdog, and STOPPING.
// No hint for people goes to the journal.
func TestProgramTellsItsManager(t *testing.T) {
	m, socket := newManager(t), filepath.Join(trial.TempDir(t), "s")
	p := newProcess(t, socket, "serve")
	p.Env = append(p.Env, "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=20000")
	p.begin(t)
	m.until(t, "READY=1")
	if err := servertest.Answers(servertest.Guard(t), socket); err != nil {
		t.Errorf("ready, and %v", err)
	}
	if _, err := control.New(socket).Devices(t.Context()); err != nil {
		t.Errorf("ready, and %v", err)
	}
	recorder := start(t, socket, "record", "--server", "loop0", os.DevNull)
	for !strings.Contains(m.until(t, "STATUS="), "4 loops, 1 program, 0 xruns") {
	}
	for range 3 {
		m.until(t, "WATCHDOG=1")
	}
	recorder.signal(t, syscall.SIGINT)
	recorder.wait(t)
	for !strings.Contains(m.until(t, "STATUS="), "4 loops, 0 programs, 0 xruns") {
	}
	p.signal(t, syscall.SIGTERM)
	m.until(t, "STOPPING=1")
	o := p.wait(t)
	if o.status != exitOK || o.stdout != "" {
		t.Errorf("exit status %d, prints %q", o.status, o.stdout)
	}
}

// activated starts a daemon with sockets, as systemd does.
func activated(t *testing.T, socket, names string, files ...*os.File) *process {
	t.Helper()
	p := newProcess(t, socket, "-c", `LISTEN_PID=$$ exec "$0" serve`, program(t))
	p.Path, p.Args[0] = "/bin/sh", "sh"
	p.Env = append(p.Env, "LISTEN_FDS="+strconv.Itoa(len(files)), "LISTEN_FDNAMES="+names)
	p.ExtraFiles = files
	p.begin(t)
	return p
}

// passed is a socket that listens, and its descriptor for a daemon.
func passed(t *testing.T, network, path string) *os.File {
	t.Helper()
	l, err := net.ListenUnix(network, &net.UnixAddr{Name: path, Net: network})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	defer l.Close()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Both sockets are systemd's: a program that comes before the daemon is served by it, the sockets outlive it,
// and the next daemon has them.
func TestProgramTakesSocketsOfSystemd(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	programs, operators := passed(t, "unixpacket", socket), passed(t, "unix", control.Socket(socket))
	for range 2 {
		early := start(t, socket, "ls")
		p := activated(t, socket, "programs:control", programs, operators)
		early.wait(t).want(t, exitOK)
		if err := servertest.Answers(servertest.Guard(t), socket); err != nil {
			t.Error(err)
		}
		p.signal(t, syscall.SIGTERM)
		if o := p.wait(t); o.status != exitOK || strings.Contains(o.stderr, `"warn"`) {
			t.Errorf("exit status %d: %s", o.status, o.stderr)
		}
		for _, path := range []string{socket, control.Socket(socket)} {
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("systemd's socket is gone: %v", err)
			}
		}
	}
}

func TestProgramRefusesOtherSockets(t *testing.T) {
	dir := trial.TempDir(t)
	socket, other := filepath.Join(dir, "s"), filepath.Join(dir, "o")
	there, wrong := passed(t, "unixpacket", socket), passed(t, "unixpacket", other)
	activated(t, socket, "programs", wrong).wait(t).want(t, exitFailed, other, socket, "let both be the same")
	activated(t, socket, "loopbridge.socket", there).wait(t).want(t, exitFailed, `"loopbridge.socket"`, "FileDescriptorName=programs or control")
	activated(t, socket, "programs:programs", there, wrong).wait(t).want(t, exitFailed, `two sockets named "programs"`)
}

// Standard error is the journal's stream, and the journal's own socket is not there: lines of text with their
// priority.
func TestProgramLogsToTheJournal(t *testing.T) {
	if _, err := os.Stat("/run/systemd/journal/socket"); err == nil {
		t.Skip("the way around the journal's socket is not tested: there is one")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(w.Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(trial.TempDir(t), "s")
	p := newProcess(t, socket, "serve")
	p.Env = append(p.Env, fmt.Sprintf("JOURNAL_STREAM=%d:%d", stat.Dev, stat.Ino))
	p.Stderr = w
	p.begin(t)
	w.Close()
	lines := bufio.NewScanner(r)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "<6>running loops=4 ") {
		t.Errorf("the first line is %q", lines.Text())
	}
	p.signal(t, syscall.SIGTERM)
	rest, _ := io.ReadAll(r)
	t.Logf("and then %s", rest)
	if o := p.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
}

// The same where the journal's socket is there: an entry with its fields.
func TestProgramLogsIntoTheJournal(t *testing.T) {
	bwrap := bubblewrap(t, "the journal's own socket")
	dir := trial.TempDir(t)
	at := filepath.Join(dir, "socket")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(w.Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, filepath.Join(dir, "s"), "--unshare-user", "--unshare-pid", "--die-with-parent", "--dev-bind", "/", "/",
		"--tmpfs", "/run", "--bind", dir, "/run/systemd/journal", program(t), "serve")
	p.Path, p.Args[0] = bwrap, "bwrap"
	p.Env = append(p.Env, fmt.Sprintf("JOURNAL_STREAM=%d:%d", stat.Dev, stat.Ino))
	p.Stderr = w
	p.begin(t)
	w.Close()
	m := &manager{UnixConn: c}
	entry := m.until(t, "PRIORITY=6\nMESSAGE=running loops=4 ")
	for _, field := range []string{"\nSYSLOG_IDENTIFIER=loopbridge\n", "\nLOOPBRIDGE_LOOPS=4\n", "\nLOOPBRIDGE_SOCKET=" + dir + "/s\n"} {
		if !strings.Contains(entry, field) {
			t.Errorf("there is no %q in %q", field, entry)
		}
	}
}

// Nobody reads the log, and a client makes more lines than a pipe holds: the daemon answers operators, and ends
// when it is told to.
func TestProgramWithALogThatNobodyReads(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	socket := filepath.Join(trial.TempDir(t), "s")
	p := newProcess(t, socket, "serve")
	p.Stderr = w
	p.begin(t)
	w.Close()
	p.ready(t, socket)
	c := control.New(socket)
	for n := range 1500 { // each is a line
		var patch state.Patch
		if err := patch.Set(state.PlayGain, uint32(n%200)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Set(t.Context(), "loop0", patch); err != nil {
			t.Fatalf("set %d: %v", n, err)
		}
	}
	p.signal(t, syscall.SIGTERM)
	if o := p.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
}

// A disk that is full under the log ends nothing.
func TestProgramWithALogOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("a full disk under the log is not tested: %v", err)
	}
	defer full.Close()
	socket := filepath.Join(trial.TempDir(t), "s")
	p := newProcess(t, socket, "serve")
	p.Stderr = full
	p.begin(t)
	p.ready(t, socket)
	start(t, socket, "set", "loop0", "play.gain=100").wait(t).want(t, exitOK)
	p.signal(t, syscall.SIGTERM)
	if o := p.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
}

// analyze runs systemd-analyze, or skips.
func analyze(t *testing.T, untested string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skipf("%s: systemd-analyze is missing", untested)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+trial.TempDir(t), "SYSTEMD_COLORS=0", "SYSTEMD_EMOJI=0", "SYSTEMD_PAGER=cat")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-analyze %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func units(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob("../../configs/" + pattern)
	if err != nil || len(all) == 0 {
		t.Fatalf("no units %s: %v", pattern, err)
	}
	return all
}

// The unit gives away what the daemon does not need: at most 1.5 of 10 are exposed, with a card in use.
func TestUnitIsClosed(t *testing.T) {
	out := analyze(t, "how closed the unit is", append([]string{"security", "--offline=yes", "--no-pager"}, units(t, "*.service")...)...)
	m := regexp.MustCompile(`Overall exposure level for loopbridge.service: ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("it says %s", out)
	}
	if level, err := strconv.ParseFloat(m[1], 64); err != nil || level > 1.5 {
		t.Errorf("the exposure is %s, more than 1.5: %s", m[1], out)
	}
	t.Log(m[0])
}

// Systemd understands every line of the units.
func TestUnitsAreUnderstood(t *testing.T) {
	dir := trial.TempDir(t)
	for _, kind := range []struct{ flag, under string }{{"--system", ""}, {"--user", "user/"}} {
		var all []string
		for _, pattern := range []string{"*.service", "*.socket"} {
			for _, name := range units(t, kind.under+pattern) {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				to := filepath.Join(dir, kind.under, filepath.Base(name))
				installed := strings.ReplaceAll(string(text), "/usr/local/bin/loopbridge", program(t))
				installed = regexp.MustCompile(`(?m)^Documentation=.*$`).ReplaceAllString(installed, "") // it may not be there
				if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(to, []byte(installed), 0o644); err != nil {
					t.Fatal(err)
				}
				all = append(all, to)
			}
		}
		if out := analyze(t, "whether systemd understands the units", append([]string{kind.flag, "verify"}, all...)...); out != "" {
			t.Errorf("systemd-analyze verify: %s", out)
		}
	}
}
