package doctor

import (
	"fmt"
	"io"
	"strings"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// Width of the text in columns. Commands that are longer are not broken: they are to be copied.
const width = 100

// The columns of the text: level, then sentence.
const levelWidth = 9

// colours of terminals, by level.
var colours = [...]string{OK: "\x1b[32m", Note: "\x1b[36m", Warning: "\x1b[33m", Fault: "\x1b[31m"}

const plain = "\x1b[0m"

// Print writes a report for people.
func Print(w io.Writer, r Report, colour bool) error {
	var b strings.Builder
	group := ""
	for _, f := range r.Findings {
		if f.Group != group {
			if group != "" {
				b.WriteByte('\n')
			}
			group = f.Group
			fmt.Fprintln(&b, group)
		}
		word := fmt.Sprintf("%-*s", levelWidth, f.Level)
		if colour {
			word = colours[f.Level] + word + plain
		}
		for i, line := range wrap(console.Printable(f.Text), width-2-levelWidth) {
			if i > 0 {
				word = strings.Repeat(" ", levelWidth)
			}
			fmt.Fprintf(&b, "  %s%s\n", word, line)
		}
		if f.Remedy != "" {
			fmt.Fprintf(&b, "  %*s$ %s\n", levelWidth, "", console.Printable(f.Remedy))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", summary(r))
	_, err := io.WriteString(w, b.String())
	return err
}

// summary returns the last line.
func summary(r Report) string {
	if r.Faults+r.Warnings == 0 {
		return "Nothing is wrong."
	}
	return fmt.Sprintf("%s and %s.", console.Count(r.Faults, "fault"), console.Count(r.Warnings, "warning"))
}

// wrap breaks a text between words into lines of at most some columns. A longer word has a line of its own.
func wrap(text string, columns int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= columns:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
