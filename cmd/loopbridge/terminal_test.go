package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// openTerminal makes a pseudo terminal of so many columns.
func openTerminal(t *testing.T, columns int) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine gives no pseudo terminals: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// onTerminal starts a command whose standard error is a terminal; the channel gives
// all that it printed there.
func onTerminal(t *testing.T, columns int, socket string, args ...string) (*process, <-chan string) {
	t.Helper()
	master, slave := openTerminal(t, columns)
	p := &process{Cmd: exec.Command(program(t), append([]string{"--socket", socket}, args...)...), name: args[0], done: make(chan struct{})}
	p.Env = append(os.Environ(), "TERM=xterm")
	p.Stderr = slave
	p.begin(t)
	slave.Close()
	printed := make(chan string, 1)
	go func() {
		var all bytes.Buffer
		_, _ = all.ReadFrom(master) // EIO when the program has ended
		printed <- all.String()
	}()
	return p, printed
}

func TestProgressOnATerminal(t *testing.T) {
	const columns = 40
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "s")
	serve(t, socket)
	recorder, recorded := onTerminal(t, columns, socket, "record", "--server", "loop0", filepath.Join(dir, "out.wav"))
	player, played := onTerminal(t, columns, socket, "play", "--wait", "-d", "500ms", "--raw", "loop0", "/dev/zero")
	for _, x := range []struct {
		p       *process
		printed <-chan string
		last    string
	}{
		{recorder, recorded, `^loop0: recorded 0:00\.5  xruns \d+$`},
		{player, played, `^loop0: played 0:00\.5 of 0:00\.5  xruns \d+$`},
	} {
		if o := x.p.wait(t); o.status != exitOK {
			t.Errorf("exit status %d", o.status)
		}
		text, ended := strings.CutSuffix(<-x.printed, "\r\n")
		if !ended || strings.Contains(text, "\n") {
			t.Errorf("not one line: %q", text)
		}
		drawings := strings.Split(strings.ReplaceAll(text, "\x1b[K", ""), "\r")
		for _, d := range drawings {
			if len(d) >= columns {
				t.Errorf("%q is as wide as the terminal", d)
			}
		}
		if last := drawings[len(drawings)-1]; !regexp.MustCompile(x.last).MatchString(last) {
			t.Errorf("the last drawing is %q", last)
		}
	}
}

// A measurement shows how far it is, and its table is on the standard output alone.
func TestMeasureProgressOnATerminal(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	serve(t, socket)
	p, printed := onTerminal(t, 60, socket, "measure", "loop0", "--channel", "1", "--order", "15")
	p.wait(t).want(t, exitOK)
	text := <-printed
	if !regexp.MustCompile(`\rloop0: measuring 0:0\d\.\d of 0:0\d\.\d +\S+ dBFS  xruns`).MatchString(text) ||
		!regexp.MustCompile(`loop0: measured 0:0\d\.\d of 0:0\d\.\d  xruns \d+\x1b\[K\r\n$`).MatchString(text) {
		t.Errorf("%q", text)
	}
}

// The line ends before the sentence begins.
func TestErrorAfterProgressOnATerminal(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	daemon := serve(t, socket)
	waiting, printed := onTerminal(t, 80, socket, "record", "--wait", "loop0", "/dev/null")
	waitForLoop(t, socket, "loop0", func(l api.Loop) bool { return l.Waiting == 1 })
	_ = daemon.Process.Kill() // it waits for another one, until it is told to stop
	waiting.signal(t, syscall.SIGTERM)
	waiting.wait(t)
	text := <-printed
	if !strings.Contains(text, "loop0: waiting for a server\x1b[K\r\nloopbridge: ") {
		t.Errorf("%q", text)
	}
}
