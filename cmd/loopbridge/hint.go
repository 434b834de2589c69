package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// sample is a recording from alsa-utils.
const sample = "/usr/share/sounds/alsa/Front_Center.wav"

// hint returns commands to copy that play into and record from l.
func hint(socket string, l config.Loop) string {
	command := console.Quote(commandName())
	options := ""
	if os.Getenv(client.SocketVariable) != "" || socket != client.DefaultSocket() {
		// Another terminal does not share the working directory or the environment.
		if absolute, err := filepath.Abs(socket); err == nil {
			socket = absolute
		}
		options = " --socket " + console.Quote(socket)
	}
	take := "take.wav"
	play := fmt.Sprintf("%s play%s --server %s %s", command, options, l.Name, sample)
	if _, err := os.Stat(sample); err != nil {
		seconds := 5 * l.Format.Rate * l.Format.FrameBytes()
		play = fmt.Sprintf("head -c %d /dev/urandom | %s play%s --server --raw %s", seconds, command, options, l.Name)
		if !inWAV(l.Format) {
			take = "take.raw"
		}
	}
	record := fmt.Sprintf("%s record%s --wait %s %s", command, options, l.Name, take)
	return fmt.Sprintf(`loopbridge is running. Play into a loop and record what comes out, each in a terminal of its own:

  %s
  %s

%s shows the loops. Ctrl-C stops the daemon.
`, play, record, command+options+" ls")
}

// commandName returns how to start this program from another shell.
func commandName() string {
	self, err := os.Executable()
	if err != nil {
		return "loopbridge"
	}
	if found, err := exec.LookPath("loopbridge"); err == nil {
		if resolved, err := filepath.EvalSymlinks(found); err == nil && resolved == self {
			return "loopbridge"
		}
	}
	return self
}
