package bench

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a process of a bench in a process group of its own, so that Ctrl-C reaches only the bench,
// which then stops its children in order. If the bench is killed, the kernel kills the child.
type child struct {
	*exec.Cmd
	stdin  io.WriteCloser
	stderr tail
	left   chan struct{} // closed when the process has ended
	err    error         // how it ended; valid after left
}

// childFiles are what a child has besides its standard input. The zero value is nothing.
type childFiles struct {
	stdout *os.File
	log    io.Writer  // gets what the child writes to standard error, too
	files  []*os.File // inherited from descriptor 3 on
}

// startChild runs a loopbridge command.
func startChild(exe string, f childFiles, args ...string) (*child, error) {
	return startChildIn(&syscall.SysProcAttr{}, exe, f, args...)
}

// startChildIn is startChild in namespaces, say.
func startChildIn(place *syscall.SysProcAttr, exe string, f childFiles, args ...string) (*child, error) {
	c := &child{Cmd: exec.Command(exe, args...), left: make(chan struct{})}
	if f.stdout != nil { // a nil *os.File is a non-nil io.Writer
		c.Stdout = f.stdout
	}
	c.Stderr = &c.stderr
	if f.log != nil {
		c.Stderr = io.MultiWriter(&c.stderr, f.log)
	}
	c.ExtraFiles = f.files
	place.Setpgid, place.Pdeathsig = true, syscall.SIGKILL
	c.SysProcAttr = place
	var err error
	if c.stdin, err = c.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", exe, err)
	}
	go func() {
		c.err = c.Wait()
		close(c.left)
	}()
	return c, nil
}

// pid returns the process id.
func (c *child) pid() int { return c.Process.Pid }

// end asks the process to exit, and kills it after grace.
func (c *child) end(grace time.Duration) {
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.stdin.Close()
	select {
	case <-c.left:
	case <-time.After(grace):
		_ = c.Process.Kill()
		<-c.left
	}
}

// failure explains why a process has ended that should run.
func (c *child) failure(what string) error {
	if text := c.stderr.text(); text != "" {
		return fmt.Errorf("%s has ended: %s", what, text)
	}
	return fmt.Errorf("%s has ended: %v", what, c.err)
}

// tail keeps the last lines that a process wrote.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 2000

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - tailBytes; n > 0 {
		t.buf = bytes.Clone(t.buf[n:])
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.buf))
}
