package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/server/servertest"
)

// printed is what a terminal was sent. Any goroutine may use it.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// seatedTop is a command top on a terminal.
type seatedTop struct {
	*testing.T
	*exec.Cmd
	master, slave *os.File
	before        *unix.Termios
	screen        printed
	errors        bytes.Buffer // read it after Wait
}

// topOnTerminal starts top on a terminal of its own, with options before the name of the command.
func topOnTerminal(t *testing.T, env []string, options ...string) *seatedTop {
	t.Helper()
	c := &seatedTop{T: t, Cmd: exec.Command(program(t), append(options, "top")...)}
	c.master, c.slave = openTerminal(t, 80)
	var err error
	if c.before, err = unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS); err != nil {
		t.Fatal(err)
	}
	c.Stdin, c.Stdout, c.Stderr = c.slave, c.slave, &c.errors
	c.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "NO_COLOR=") }), env...)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(&c.screen, c.master) }() // EIO when all have closed it
	return c
}

// leavesTheTerminal fails the test if the terminal is not as it was.
func (c *seatedTop) leavesTheTerminal() {
	c.Helper()
	after, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
	if err != nil || *after != *c.before {
		c.Errorf("the terminal is left as %+v (%v), and was %+v", after, err, c.before)
	}
}

// What will not pass ends top before it takes the terminal.
func TestTopSaysWhyItCannot(t *testing.T) {
	for _, k := range []struct {
		options []string
		want    string
	}{
		{[]string{"--control", "http://127.0.0.1:1", "--token-file", "/nowhere"}, "the token cannot be read"},
		{[]string{"--control", "nonsense", "--token-file", "/dev/null"}, "is not the address of a daemon"},
	} {
		c := topOnTerminal(t, []string{"TERM=xterm"}, k.options...)
		if err := c.Wait(); err == nil || !strings.Contains(c.errors.String(), k.want) {
			t.Errorf("%q: %v, %q", k.options, err, c.errors.String())
		}
		if text := c.screen.String(); text != "" {
			t.Errorf("%q: the terminal is sent %q", k.options, text)
		}
		c.leavesTheTerminal()
	}
}

// On terminals of all kinds top shows the daemon, ends with a key or a signal, and leaves the terminal as it was.
func TestTopOnTerminals(t *testing.T) {
	const colour = `\x1b\[[0-9;]*3[0-7]m`
	d := newDesk(t, "")
	for _, k := range []struct {
		name string
		env  []string
		ends string // the key; "": a signal
		has  []string
		not  string // an expression
	}{
		{"xterm", []string{"TERM=xterm-256color", "LC_ALL=C.UTF-8"}, "q", []string{"desk:record", "█", "\x1b[32m"}, ""},
		{"without colour", []string{"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1"}, "", []string{"desk:record", "█"}, colour},
		{"vt100", []string{"TERM=vt100", "LC_ALL=C"}, "\x03", []string{"desk:record", "###"}, colour + `|[^\x00-\x7f]`},
		{"dumb", []string{"TERM=dumb", "LC_ALL=C"}, "", []string{"desk:record", "###"}, `\x1b|[^\x00-\x7f]`},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := topOnTerminal(t, k.env, "--socket", d.socket)
			master, screen := c.master, &c.screen
			var err error
			servertest.Until(t, "the screen", func() bool {
				return !slices.ContainsFunc(k.has, func(word string) bool { return !strings.Contains(screen.String(), word) })
			})
			if k.name == "vt100" { // no shell stops it here: it goes on, on a new screen
				if _, err := master.WriteString("\x1a"); err != nil {
					t.Fatal(err)
				}
				servertest.Until(t, "a whole screen again", func() bool { return strings.Count(screen.String(), "desk:record") == 2 })
			}
			if k.ends == "" {
				err = c.Process.Signal(syscall.SIGTERM)
			} else {
				_, err = master.WriteString(k.ends)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(); err != nil || c.errors.Len() > 0 {
				t.Errorf("it ends with %v, %q", err, c.errors.String())
			}
			c.leavesTheTerminal()
			if text := screen.String(); k.not != "" && regexp.MustCompile(k.not).MatchString(text) {
				t.Errorf("it is sent %q", regexp.MustCompile(k.not).FindString(text))
			}
		})
	}
}
