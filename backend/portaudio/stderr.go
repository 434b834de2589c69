package portaudio

import (
	"bufio"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// Stderr captures what C libraries write to standard error: alsa-lib and JACK write hundreds of
// lines whenever PortAudio lists devices. Own replaces standard error for the program, and
// crashes are reported there. A process has one Stderr at a time.
type Stderr struct {
	Own  *os.File // the original standard error, until GiveBack
	pipe *os.File // what libraries write
	done chan struct{}
}

// TakeStderr starts the capture. Listen must follow.
func TakeStderr() (*Stderr, error) {
	fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	c := &Stderr{Own: os.NewFile(uintptr(fd), os.Stderr.Name()), done: make(chan struct{})}
	read, write, err := os.Pipe()
	if err != nil {
		c.Own.Close()
		return nil, err
	}
	defer write.Close()
	if err := dup2(write, 2); err != nil {
		c.Own.Close()
		read.Close()
		return nil, err
	}
	c.pipe = read
	_ = debug.SetCrashOutput(c.Own, debug.CrashOptions{}) // else a crash goes unseen
	return c, nil
}

// dup2 makes fd refer to file.
func dup2(file *os.File, fd int) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	failed := error(nil)
	if err := raw.Control(func(from uintptr) { failed = unix.Dup3(int(from), fd, 0) }); err != nil {
		return err
	}
	return failed
}

// Listen calls line for each line that libraries write, on its own goroutine, until GiveBack.
// Lines are raw: they may contain terminal escapes.
func (c *Stderr) Listen(line func(string)) {
	go func() {
		defer close(c.done)
		lines := bufio.NewReaderSize(c.pipe, 4096)
		for {
			text, err := lines.ReadSlice('\n') // a longer line comes in parts
			if s := strings.TrimSpace(string(text)); s != "" {
				line(s)
			}
			if err != nil && err != bufio.ErrBufferFull {
				_, _ = io.Copy(io.Discard, c.pipe)
				return
			}
		}
	}()
}

// Lend restores standard error for a program that this one executes, until undo.
func (c *Stderr) Lend() (undo func()) {
	fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return func() {}
	}
	pipe := os.NewFile(uintptr(fd), "pipe")
	_ = dup2(c.Own, 2)
	return func() {
		_ = dup2(pipe, 2)
		pipe.Close()
	}
}

// GiveBack restores standard error and blocks until all lines were passed to Listen's function.
func (c *Stderr) GiveBack() {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_ = dup2(c.Own, 2) // closes the writing end of the pipe
	<-c.done
	c.pipe.Close()
	c.Own.Close()
}
