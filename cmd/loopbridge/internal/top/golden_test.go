package top

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// go test ./cmd/loopbridge/internal/top -update writes testdata anew. Look at what has changed.
var update = flag.Bool("update", false, "write the screens of testdata")

// golden compares a screen with a file: its text, then, below a line, the styles of its cells.
func golden(t *testing.T, name string, m *Model) {
	t.Helper()
	c := Draw(m)
	got := c.Text() + "\n== styles ==\n" + c.Styles()
	for i, line := range strings.Split(c.Text(), "\n") {
		if n := uniseg.StringWidth(line); n > m.Columns {
			t.Errorf("%s: line %d has %d columns", name, i+1, n)
		}
	}
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from testdata; it is\n%s", name, c.Text())
	}
}

func TestScreens(t *testing.T) {
	for name, size := range map[string][2]int{"80x24": {80, 24}, "120x40": {120, 40}, "250x60": {250, 60}} {
		t.Run(name, func(t *testing.T) {
			m := showing(lab(), size[0], size[1])
			golden(t, name, m)
			press(m, "t")
			m.sound()
			golden(t, name+"-loudness", m)
			m.ASCII = true
			golden(t, name+"-ascii", m)
			if text := Draw(m).Text(); utf8.RuneCountInString(text) != len(text) || strings.Contains(text, "\x1b") {
				t.Error("a screen for ASCII has other characters")
			}
			golden(t, name+"-crowd", showing(crowd(200), size[0], size[1]))
			golden(t, name+"-empty", showing(crowd(0), size[0], size[1]))
		})
	}
}

func TestOverlays(t *testing.T) {
	for name, keys := range map[string][]Key{
		"help": {"?"}, "ports": {"p"}, "routes": {"r", "j"}, "sources": {"r", KeyEnter, "j"}, "name": {"r", KeyEnter, KeyEnter, KeyEnter, "x"},
		"remove": {"r", "j", "x", "j"}, "filter": {"/", "m", "e"}, "filtered": {"/", "m", "e", KeyEnter}, "positions": {KeyHome, "j", "j", "j", "j", "j", "j", "j"},
		"nothing": {"/", "z", "z", "z"},
		"sorted":  {"s", "s"}, "refused": {"j", "m"}, "alarms": {"a"},
	} {
		m := showing(lab(), 80, 24)
		press(m, keys...)
		golden(t, "keys-"+name, m)
	}
}

// A daemon that goes is told of in a sentence, and what was seen last stays; one that comes is told of too.
func TestTheDaemonGoesAndComes(t *testing.T) {
	m := &Model{Columns: 80, Lines: 24, Title: "/run/s"}
	golden(t, "daemon-asked", m)
	m.Update(Failed{errors.New("no daemon on /run/s: start one with `loopbridge serve`, or name its socket with --socket or $LOOPBRIDGE_SOCKET")})
	golden(t, "daemon-missing", m)
	m = showing(lab(), 80, 24)
	m.Update(Failed{errors.New("the daemon on /run/s has gone")})
	golden(t, "daemon-gone", m)
	todo := m.Update(Seen{Snapshot: lab()})
	if len(todo) != 1 || todo[0].(Watch).Number != 2 {
		t.Errorf("when it is there again, the model asks for %+v", todo)
	}
	golden(t, "daemon-back", m)
}

// Terminals of any size show something, and never panic.
func TestAnySize(t *testing.T) {
	for _, s := range []*Snapshot{lab(), crowd(200), crowd(0)} {
		for columns := 1; columns < 260; columns += 37 {
			for lines := 1; lines < 70; lines += 9 {
				m := showing(s, columns, lines)
				for _, k := range []Key{"t", KeyTab, KeyEnd, "?", "?", "r", KeyEscape, KeyLeft, "/", "a"} {
					press(m, k)
					Draw(m)
				}
				m.Update(Failed{errors.New("a sentence that is a little longer than some lines")})
				Draw(m)
			}
		}
	}
}
