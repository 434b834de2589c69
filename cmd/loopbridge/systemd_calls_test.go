package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// callSets are the sets of system calls that units of systemd name, with the sets in them resolved.
type callSets map[string][]string

func newCallSets(t *testing.T) callSets {
	t.Helper()
	sets, name := callSets{}, ""
	for line := range strings.Lines(analyze(t, "which system calls the unit allows", "syscall-filter", "--no-pager")) {
		switch text := strings.TrimSpace(line); {
		case text == "" || text[0] == '#':
		case line[0] == '@':
			name = text
		default:
			sets[name] = append(sets[name], text)
		}
	}
	return sets
}

func (s callSets) of(name string) (calls []string) {
	for _, call := range s[name] {
		if call[0] == '@' {
			calls = append(calls, s.of(call)...)
		} else {
			calls = append(calls, call)
		}
	}
	return calls
}

// allowed returns what SystemCallFilter= of the unit leaves.
func (s callSets) allowed(t *testing.T) (calls []string) {
	t.Helper()
	text, err := os.ReadFile("../../configs/loopbridge.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^SystemCallFilter=(~?)(.*)$`).FindAllStringSubmatch(string(text), -1) {
		for word := range strings.FieldsSeq(m[2]) {
			of := s.of(word)
			if len(of) == 0 {
				t.Fatalf("there is no set %s", word)
			}
			if m[1] == "" {
				calls = append(calls, of...)
			} else {
				calls = slices.DeleteFunc(calls, func(call string) bool { return slices.Contains(of, call) })
			}
		}
	}
	return calls
}

// The unit allows every system call that the daemon makes: with sockets of systemd, told to be ready, with
// programs at its loops, a route, a state file, and at its end.
func TestUnitAllowsWhatTheDaemonCalls(t *testing.T) {
	const untested = "whether the unit allows what the daemon calls"
	allowed := newCallSets(t).allowed(t)
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("%s: strace is missing", untested)
	}
	if out, err := exec.Command(strace, "-c", "true").CombinedOutput(); err != nil {
		t.Skipf("%s: strace does not work here: %v: %.200s", untested, err, out)
	}
	dir := trial.TempDir(t)
	socket, counts, m := filepath.Join(dir, "s"), filepath.Join(dir, "calls"), newManager(t)
	programs, operators := passed(t, "unixpacket", socket), passed(t, "unix", control.Socket(socket))
	p := newProcess(t, socket, "-D", "-f", "-c", "-o", counts, "sh", "-c", `LISTEN_PID=$$ exec "$0" serve`, program(t))
	p.Path, p.Args[0] = strace, "strace"
	p.Env = append(p.Env, "LISTEN_FDS=2", "LISTEN_FDNAMES=programs:control", "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=1000000")
	p.ExtraFiles = []*os.File{programs, operators}
	p.begin(t)
	m.until(t, "READY=1")
	recorder := start(t, socket, "record", "--server", "loop0", os.DevNull)
	player := start(t, socket, "play", "--wait", "--raw", "loop0", "/dev/zero")
	waitForFrames(t, socket, "loop0")
	start(t, socket, "set", "loop0", "play.gain=100").wait(t).want(t, exitOK)
	start(t, socket, "route", "add", "loop0", "loop1").wait(t)
	for _, q := range []*process{player, recorder} {
		q.signal(t, syscall.SIGINT)
		q.wait(t)
	}
	p.signal(t, syscall.SIGTERM)
	p.wait(t)
	servertest.Until(t, "strace to end", func() bool {
		text, err := os.ReadFile(counts)
		return err == nil && strings.Contains(string(text), "total")
	})
	text, err := os.ReadFile(counts)
	if err != nil {
		t.Fatal(err)
	}
	var called []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) >= 5 && f[0] != "%" && f[0] != "------" && f[len(f)-1] != "total" {
			called = append(called, f[len(f)-1])
		}
	}
	for _, call := range []string{"accept4", "memfd_create", "futex"} {
		if !slices.Contains(called, call) {
			t.Errorf("strace saw no %s in %v", call, called)
		}
	}
	for _, call := range called {
		if !slices.Contains(allowed, call) {
			t.Errorf("the daemon calls %s, which the unit does not allow", call)
		}
	}
	for _, call := range []string{"execve", "sched_setattr", "sched_getattr", "mlockall"} { // for an upgrade, and the threads of cards
		if !slices.Contains(allowed, call) {
			t.Errorf("the unit does not allow %s", call)
		}
	}
	t.Logf("it makes %d kinds of calls: %s", len(called), strings.Join(called, " "))
}
