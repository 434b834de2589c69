package daemon

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Hangups receives SIGHUP, which makes a daemon read its configuration again. It ends one only that was started by hand, if the
// terminal has closed.
type Hangups struct {
	signals  <-chan os.Signal // nil: ignored
	terminal bool             // the process had a terminal at the start
}

// CatchHangups takes over SIGHUP. It does nothing if the signal is ignored, as under nohup.
func CatchHangups() Hangups {
	var signals chan os.Signal
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Ignore(syscall.SIGHUP)
		signals = make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGHUP)
	}
	return Hangups{signals, hasTerminal()}
}

// closed reports whether the terminal in which the process was started has closed.
func (h Hangups) closed() bool { return h.terminal && !hasTerminal() }

// hasTerminal reports whether the process has a controlling terminal. The kernel takes it away
// before it sends SIGHUP.
func hasTerminal() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	_ = unix.Close(fd)
	return true
}
