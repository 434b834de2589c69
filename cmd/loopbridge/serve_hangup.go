package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// hangups gives a daemon the SIGHUPs that would have ended it: whoever hangs up all daemons, or
// expects them to read their configuration again, must not cut off every stream. It never
// gives any where SIGHUP is ignored, as under nohup.
func hangups() <-chan os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return nil
	}
	signal.Ignore(syscall.SIGHUP) // no longer that of main
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c
}

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
