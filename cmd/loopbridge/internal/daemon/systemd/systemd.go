// Package systemd talks to the service manager that has started the daemon, as sd_notify(3) and sd_listen_fds(3)
// say. Where none has, its functions do nothing.
package systemd

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/coreos/go-systemd/v22/journal"

	"github.com/loopbridge/loopbridge/audio"
)

// Notifies reports whether the manager wants to know how the daemon is.
func Notifies() bool { return os.Getenv("NOTIFY_SOCKET") != "" }

// notify sends assignments. The manager may be told less than it could be, but the daemon runs on.
func notify(assignments ...string) {
	_, _ = daemon.SdNotify(false, strings.TrimSpace(strings.Join(assignments, "\n")))
}

// Ready tells that programs can connect, or that a reload is over. It may block for as long as the manager
// takes no message, as may all that follow; any goroutine may call them.
func Ready() { notify(daemon.SdNotifyReady) }

// Stopping tells that the daemon is about to end.
func Stopping() { notify(daemon.SdNotifyStopping) }

// Reloading tells that a new configuration is about to be used. Ready must follow, also if it is refused.
func Reloading() { notify(daemon.SdNotifyReloading, daemon.SdNotifyMonotonicUsec()) }

// Status tells what the daemon does, in one line for people.
func Status(text string) { notify("STATUS=" + text) }

// Extend asks for more time to start, from now on.
func Extend(by time.Duration) { notify(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", by.Microseconds())) }

// Alive feeds the watchdog.
func Alive() { notify(daemon.SdNotifyWatchdog) }

// Watchdog returns how long the manager waits for a sign of life before it ends the daemon; 0: for ever.
func Watchdog() (time.Duration, error) { return daemon.SdWatchdogEnabled(false) }

// LogsToJournal reports whether standard error leads to the journal.
func LogsToJournal() bool {
	is, err := journal.StderrIsJournalStream()
	return is && err == nil
}

// The names of the sockets in units, as FileDescriptorName=.
const (
	Programs = "programs"
	Control  = "control"
)

// Sockets returns the sockets that the manager has bound for the daemon, by name. The caller owns them. Only
// the first call returns any. ErrInvalid: one has an unknown name, or the name of another.
func Sockets() (map[string]*os.File, error) {
	named := map[string]*os.File{}
	var err error
	for _, f := range activation.Files(true) {
		switch name := f.Name(); {
		case name != Programs && name != Control:
			err = audio.ErrInvalid.With("systemd has passed a socket named %q: write FileDescriptorName=%s or %s in its unit",
				name, Programs, Control)
		case named[name] != nil:
			err = audio.ErrInvalid.With("systemd has passed two sockets named %q: one listens for programs, the other is %q",
				name, map[string]string{Programs: Control, Control: Programs}[name])
		default:
			named[name] = f
			continue
		}
		f.Close()
	}
	if err != nil {
		for _, f := range named {
			f.Close()
		}
		return nil, err
	}
	return named, nil
}

// ErrorPrefix begins a line on standard error that is an error for the journal, see sd-daemon(3).
const ErrorPrefix = "<3>"
