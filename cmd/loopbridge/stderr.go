package main

import (
	"bufio"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// chatter takes what C libraries write to standard error, as alsa-lib and JACK do by the
// hundred lines whenever PortAudio looks for devices. Standard error itself goes on as
// another descriptor; a crash is still reported there.
type chatter struct {
	own  *os.File // what was standard error
	pipe *os.File // what is written to it now
	done chan struct{}
}

// takeStderr begins; listen has to follow.
func takeStderr() (*chatter, error) {
	fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	c := &chatter{own: os.NewFile(uintptr(fd), os.Stderr.Name()), done: make(chan struct{})}
	read, write, err := os.Pipe()
	if err != nil {
		c.own.Close()
		return nil, err
	}
	defer write.Close()
	if err := dup2(write, 2); err != nil {
		c.own.Close()
		read.Close()
		return nil, err
	}
	c.pipe = read
	_ = debug.SetCrashOutput(c.own, debug.CrashOptions{}) // else a crash goes unseen
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

// listen hands on lines, on a goroutine of its own, until giveBack.
func (c *chatter) listen(line func(string)) {
	go func() {
		defer close(c.done)
		lines := bufio.NewReaderSize(c.pipe, 4096)
		for {
			text, err := lines.ReadSlice('\n') // a longer one comes in parts
			if s := strings.TrimSpace(string(text)); s != "" {
				line(console.Printable(s))
			}
			if err != nil && err != bufio.ErrBufferFull {
				_, _ = io.Copy(io.Discard, c.pipe)
				return
			}
		}
	}()
}

// giveBack makes standard error what it was, and waits for the rest.
func (c *chatter) giveBack() {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_ = dup2(c.own, 2) // which closes the pipe for writing
	<-c.done
	c.pipe.Close()
	c.own.Close()
}

// chatterLog logs lines, but not a flood of them: a library that spins would fill the disk.
func chatterLog(log zerolog.Logger) func(line string) {
	const most, while = 500, 10 * time.Second
	var began time.Time
	lines := 0
	return func(line string) {
		if now := time.Now(); now.Sub(began) > while {
			if lines > most {
				log.Warn().Int("lines", lines-most).Msg("a library says too much, not all of it is in this log")
			}
			began, lines = now, 0
		}
		if lines++; lines <= most {
			log.Debug().Str("library", line).Msg("said on standard error")
		}
	}
}
