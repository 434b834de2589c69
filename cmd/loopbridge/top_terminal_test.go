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
			master, slave := openTerminal(t, 80)
			before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			c := exec.Command(program(t), "--socket", d.socket, "top")
			var errors bytes.Buffer
			c.Stdin, c.Stdout, c.Stderr = slave, slave, &errors
			c.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "NO_COLOR=") }), k.env...)
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			var screen printed
			go func() { _, _ = io.Copy(&screen, master) }() // EIO when the program has ended
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
			if err := c.Wait(); err != nil || errors.Len() > 0 {
				t.Errorf("it ends with %v, %q", err, errors.String())
			}
			if text := screen.String(); k.not != "" && regexp.MustCompile(k.not).MatchString(text) {
				t.Errorf("it is sent %q", regexp.MustCompile(k.not).FindString(text))
			}
			after, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
			if err != nil || *after != *before {
				t.Errorf("the terminal is left as %+v (%v), and was %+v", after, err, before)
			}
		})
	}
}
