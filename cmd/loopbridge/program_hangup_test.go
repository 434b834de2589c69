package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// tellingDaemon starts a daemon whose log can be waited for: the function returns when it has a
// line with words in it. All that is started goes into the session of a terminal, if there is one.
func tellingDaemon(t *testing.T, socket string, terminal *os.File, command ...string) (*process, func(words string)) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	p := &process{Cmd: exec.Command(command[0], command[1:]...), name: "serve", done: make(chan struct{})}
	p.Env = append(os.Environ(), stateVariable+"="+t.TempDir(), client.SocketVariable+"="+socket)
	p.Stderr = w
	if terminal != nil {
		p.Stdin, p.Stdout = terminal, terminal
		p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}
	p.begin(t)
	w.Close()
	p.ready(t, socket)
	lines := bufio.NewScanner(r)
	return p, func(words string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), words) {
				return
			}
		}
		t.Fatalf("the log ends without %q", words)
	}
}

const changesNothing = "was started without a configuration"

// skipUnderNohup is for tests of a signal that is ignored then, by all that they start.
func skipUnderNohup(t *testing.T) {
	t.Helper()
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("not tested: what SIGHUP does; it is ignored here, as under nohup")
	}
}

// Whoever hangs up all daemons cuts off no stream.
func TestProgramServesThroughSIGHUP(t *testing.T) {
	skipUnderNohup(t)
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "s")
	daemon, waitForLog := tellingDaemon(t, socket, nil, program(t), "serve")
	recorder := start(t, socket, "record", "--server", "loop0", filepath.Join(dir, "out.wav"))
	player := start(t, socket, "play", "--wait", "--raw", "loop0", "/dev/zero")
	waitForFrames(t, socket, "loop0")
	for range 3 {
		daemon.signal(t, syscall.SIGHUP)
		waitForLog(changesNothing)
	}
	var before uint64
	waitForLoop(t, socket, "loop0", func(l api.Loop) bool { before = l.Frames; return true })
	waitForLoop(t, socket, "loop0", func(l api.Loop) bool { return l.Frames > before && l.Sessions == 1 })
	recorder.signal(t, syscall.SIGTERM)
	recorder.wait(t).want(t, exitOK)
	player.wait(t).want(t, exitFailed, "loop0: the server has gone")
	daemon.signal(t, syscall.SIGTERM)
	waitForLog(`"cause":"terminated`)
	if o := daemon.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
}

// A daemon that was started by hand goes with its terminal, and not before.
func TestProgramEndsWithItsTerminal(t *testing.T) {
	skipUnderNohup(t)
	master, slave := openTerminal(t, 80)
	socket := filepath.Join(trial.TempDir(t), "s")
	daemon, waitForLog := tellingDaemon(t, socket, slave, program(t), "serve")
	slave.Close()
	daemon.signal(t, syscall.SIGHUP)
	waitForLog(changesNothing)
	master.Close()
	waitForLog("the terminal has closed")
	if o := daemon.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestProgramOutlivesItsTerminalUnderNohup(t *testing.T) {
	master, slave := openTerminal(t, 80)
	socket := filepath.Join(trial.TempDir(t), "s")
	daemon, waitForLog := tellingDaemon(t, socket, slave, "sh", "-c", `trap "" HUP; exec "$0" serve`, program(t))
	slave.Close()
	master.Close() // hangs up before it returns
	start(t, socket, "ls").wait(t).want(t, exitOK)
	daemon.signal(t, syscall.SIGTERM)
	waitForLog(`"cause":"terminated`)
	if o := daemon.wait(t); o.status != exitOK {
		t.Errorf("exit status %d", o.status)
	}
}
