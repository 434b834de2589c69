package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// screen is a terminal on which a text is drawn over the one before; on anything else, texts follow each other.
type screen struct {
	out    io.Writer
	size   func() (columns, lines int) // nil: no terminal
	before int                         // lines of the text that is there
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out}
	f, ok := out.(*os.File)
	if !ok || !console.IsTerminal(f) || os.Getenv("TERM") == "dumb" {
		return s
	}
	s.size = func() (columns, lines int) {
		if columns, lines, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 && lines > 0 {
			return columns, lines
		}
		return 80, 24
	}
	return s
}

// draw prints a text, as far as there is room.
func (s *screen) draw(write func(io.Writer) error) error {
	var text strings.Builder
	if err := write(&text); err != nil {
		return err
	}
	if s.size == nil {
		_, err := io.WriteString(s.out, text.String())
		return err
	}
	columns, rows := s.size()
	all := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	all = all[:min(len(all), max(1, rows-1))]
	var frame strings.Builder
	if s.before > 0 {
		fmt.Fprintf(&frame, "\x1b[%dA", s.before)
	}
	for _, line := range all {
		letters := []rune(line)
		frame.WriteString("\r" + string(letters[:min(len(letters), columns)]) + "\x1b[K\n")
	}
	frame.WriteString("\x1b[J")
	s.before = len(all)
	_, err := io.WriteString(s.out, frame.String())
	return err
}
