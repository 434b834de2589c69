package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// sample is a recording from alsa-utils.
const sample = "/usr/share/sounds/alsa/Front_Center.wav"

// hint returns commands to copy that play into and record from l.
func hint(socket string, l config.Loop) string {
	command := quote(commandName())
	options := ""
	if os.Getenv(client.SocketVariable) != "" || socket != client.DefaultSocket() {
		// Another terminal does not share the working directory or the environment.
		if absolute, err := filepath.Abs(socket); err == nil {
			socket = absolute
		}
		options = " --socket " + quote(socket)
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

// quote quotes s as one word of a shell.
func quote(s string) string {
	special := func(r rune) bool {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,@%", r)
		return !plain
	}
	if s != "" && strings.IndexFunc(s, special) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
