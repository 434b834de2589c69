package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// nameList is a file beside the socket, in alsa-lib's language, through which "aplay -L" lists
// the loops. plugin/alsa/50-loopbridge.conf loads it.
type nameList string

// nameListOf returns the list beside a socket. "" is none, in a folder of others: that of a system's socket, whose
// list is not read anyway.
func nameListOf(socket string, bound bool) nameList {
	if bound && unix.Access(filepath.Dir(socket), unix.W_OK) != nil {
		return ""
	}
	return nameList(socket + ".hints")
}

// write replaces the file atomically: ALSA programs may read it at any moment.
func (f nameList) write(loops []config.Loop) error {
	if f == "" {
		return nil
	}
	var text strings.Builder
	text.WriteString("defaults.loopbridge.loops \"")
	for _, l := range loops {
		fmt.Fprintf(&text, "\nloopbridge:%s  %s", inQuotes(l.Name), l.Format.Or(audio.DefaultFormat()))
	}
	text.WriteString("\"\n")
	next := string(f) + ".next"
	if err := os.WriteFile(next, []byte(text.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(next, string(f))
}

func (f nameList) remove() {
	if f != "" {
		_ = os.Remove(string(f))
	}
}

// inQuotes drops characters that could end a quoted text.
func inQuotes(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '"' || r == '\\' || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
