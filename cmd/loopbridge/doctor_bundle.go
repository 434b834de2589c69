package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/doctor"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// bundleInfo is the JSON of a bundle.
type bundleInfo struct {
	File    string         `json:"file"`
	Entries []doctor.Entry `json:"entries"`
}

// bundle writes what a report of a fault needs, and says what that is.
func (c *doctorCmd) bundle(ctx context.Context, e *env, m doctor.Machine, r doctor.Report) error {
	log, err := c.log(ctx)
	if err != nil {
		return err
	}
	// For its owner alone: its reader is to look through it before others do.
	f, err := os.OpenFile(c.Bundle, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another file", c.Bundle)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", c.Bundle, files.Cause(err))
	}
	entries, err := doctor.Bundle(ctx, f, m, r, doctor.File{Name: "log.txt", Text: log, Tail: true},
		doctor.File{Name: "cards.json", Text: cardsText()})
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(c.Bundle)
		return fmt.Errorf("cannot write %s: %w", c.Bundle, files.Cause(err))
	}
	if c.JSON {
		return writeJSON(e.stdout, bundleInfo{c.Bundle, entries})
	}
	return printBundle(e.stdout, c.Bundle, entries)
}

// logTail is how much of the log is read, in bytes: more than a bundle keeps.
const logTail = 1 << 20

// log returns the end of the daemon's log.
func (c *doctorCmd) log(ctx context.Context) ([]byte, error) {
	if c.Log == "" {
		ctx, cancel := context.WithTimeout(ctx, doctorPatience)
		defer cancel()
		text, err := command(ctx, "journalctl", "--unit=loopbridge", "--user-unit=loopbridge", "--lines=1000", "--no-pager", "--output=short-iso").Output()
		if err != nil {
			text = fmt.Appendf(nil, "the journal was not read: %v; --log names a file\n", err)
		}
		return text, nil
	}
	f, err := files.Open("log", c.Log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > logTail {
		_, _ = f.Seek(-logTail, io.SeekEnd)
	}
	return io.ReadAll(io.LimitReader(f, logTail))
}

// cardsText returns the cards as "devices --json" does.
func cardsText() []byte {
	var text bytes.Buffer
	cards, err := machineCards()
	if err != nil {
		return []byte(err.Error() + "\n")
	}
	_ = writeJSON(&text, cards) // a buffer takes all
	return text.Bytes()
}

// printBundle says what a bundle has, and what was replaced in it.
func printBundle(w io.Writer, name string, entries []doctor.Entry) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s has\n\n", name)
	for _, entry := range entries {
		text := ""
		for _, kind := range []string{"user", "host", "serial", "address"} {
			if n := entry.Replaced[kind]; n > 0 {
				text += fmt.Sprintf(", %d %s", n, kind)
			}
		}
		if text != "" {
			text = "replaced:" + text[1:]
		}
		if entry.Cut {
			text = strings.TrimSpace("shortened " + text)
		}
		line := fmt.Sprintf("%9d bytes  %-44s  %s", entry.Bytes, console.Printable(entry.Name), text)
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	cut := slices.ContainsFunc(entries, func(e doctor.Entry) bool { return e.Cut })
	fmt.Fprintf(&b, "\nNames of users and of the host, addresses and serial numbers are replaced.")
	if cut {
		fmt.Fprintf(&b, " What is shortened was too long.")
	}
	fmt.Fprintf(&b, "\nLook through it before you hand it on:\n\n  tar -xzOf %s | less\n", console.Quote(name))
	_, err := io.WriteString(w, b.String())
	return err
}
