package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// sample is a recording from alsa-utils.
const sample = "/usr/share/sounds/alsa/Front_Center.wav"

// hint returns commands to copy that play into and record from a loop, the first between programs if there is one.
func hint(socket string, loops []config.Loop) string {
	l := loops[max(0, slices.IndexFunc(loops, func(l config.Loop) bool { return l.Attached == 0 }))]
	command := console.Quote(commandName())
	options := ""
	if os.Getenv(client.SocketVariable) != "" || socket != client.DefaultSocket() {
		// Another terminal does not share the working directory or the environment.
		if absolute, err := filepath.Abs(socket); err == nil {
			socket = absolute
		}
		options = " --socket " + console.Quote(socket)
	}
	play, record := commandsFor(&l, command, options)
	what := "Play into a loop and record what comes out, each in a terminal of its own:\n\n  " + play + "\n  " + record
	switch l.Attached {
	case audio.Play:
		what = "Play on a device:\n\n  " + play
	case audio.Record:
		what = "Record a device:\n\n  " + record
	}
	return fmt.Sprintf("loopbridge is running. %s\n\n%s shows the loops. Ctrl-C stops the daemon.\n", what, command+options+" ls")
}

// commandsFor returns the commands for one loop.
func commandsFor(l *config.Loop, command, options string) (play, record string) {
	take, server := "take.wav", " --server"
	if l.Attached != 0 { // the device is the server
		server = ""
	}
	play = fmt.Sprintf("%s play%s%s %s %s", command, options, server, l.Name, sample)
	_, missing := os.Stat(sample)
	if missing != nil {
		seconds := 5 * l.Format.Rate * l.Format.FrameBytes()
		play = fmt.Sprintf("head -c %d /dev/urandom | %s play%s%s --raw %s", seconds, command, options, server, l.Name)
	}
	if (missing != nil || l.Attached != 0) && !inWAV(l.Format) { // no server sets another format
		take = "take.raw"
	}
	return play, fmt.Sprintf("%s record%s --wait %s %s", command, options, l.Name, take)
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
