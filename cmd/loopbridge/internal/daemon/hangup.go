package daemon

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Hangups are the SIGHUPs that would have ended a daemon: whoever hangs up all daemons, or
// expects them to read their configuration again, must not cut off every stream.
type Hangups struct {
	signals  <-chan os.Signal // nil: there are none
	terminal bool             // there was one
}

// CatchHangups takes them from whoever had them before. There are none where SIGHUP is
// ignored, as under nohup.
func CatchHangups() Hangups {
	var signals chan os.Signal
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Ignore(syscall.SIGHUP)
		signals = make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGHUP)
	}
	return Hangups{signals, hasTerminal()}
}

// closed reports whether the terminal has closed that the process was started in.
func (h Hangups) closed() bool { return h.terminal && !hasTerminal() }

// hasTerminal reports whether the process has a terminal that can end it with ^C. The kernel
// takes the terminal away before it says that it has closed.
func hasTerminal() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	_ = unix.Close(fd)
	return true
}
