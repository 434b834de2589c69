package portaudio

import (
	"bufio"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// Stderr takes what C libraries write to standard error, as alsa-lib and JACK do by the
// hundred lines whenever PortAudio looks for devices. Standard error itself goes on as
// another descriptor; a crash is still reported there. A process has one at a time.
type Stderr struct {
	Own  *os.File // what was standard error, until GiveBack
	pipe *os.File // what is written to it now
	done chan struct{}
}

// TakeStderr begins. Listen has to follow.
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

// dup2 makes a descriptor another name of a file.
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

// Listen calls line with each line that libraries write, from a goroutine of its own, until
// GiveBack. A line is as they wrote it: it may steer a terminal.
func (c *Stderr) Listen(line func(string)) {
	go func() {
		defer close(c.done)
		lines := bufio.NewReaderSize(c.pipe, 4096)
		for {
			text, err := lines.ReadSlice('\n') // a longer one comes in parts
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

// GiveBack makes standard error what it was, and blocks until the rest was handed on.
func (c *Stderr) GiveBack() {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_ = dup2(c.Own, 2) // which closes the pipe for writing
	<-c.done
	c.pipe.Close()
	c.Own.Close()
}
