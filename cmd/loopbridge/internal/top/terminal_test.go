package top

import (
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// simulated is a terminal in memory.
func simulated(t *testing.T, columns, lines int) (*Terminal, tcell.SimulationScreen) {
	s := tcell.NewSimulationScreen("UTF-8")
	if err := s.Init(); err != nil {
		t.Fatal(err)
	}
	s.SetSize(columns, lines)
	return newTerminal(s), s
}

// shown returns what a terminal shows, and how many of its cells have a colour.
func shown(s tcell.SimulationScreen) (text string, coloured int) {
	cells, columns, _ := s.GetContents()
	var b strings.Builder
	for i, k := range cells {
		if foreground, background, _ := k.Style.Decompose(); foreground != tcell.ColorDefault || background != tcell.ColorDefault {
			coloured++
		}
		b.WriteString(string(k.Runes))
		if (i+1)%columns == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String(), coloured
}

// A terminal shows what is on the canvas, in colour only if it may.
func TestTerminalShowsTheCanvas(t *testing.T) {
	for _, colour := range []bool{true, false} {
		t.Setenv("NO_COLOR", map[bool]string{true: "", false: "1"}[colour])
		term, s := simulated(t, 80, 24)
		c := Draw(showing(lab(), 80, 24))
		term.Show(Draw(showing(crowd(200), 80, 24)))
		term.Show(c)
		if text, _ := shown(s); strings.Contains(text, "loop0") {
			t.Errorf("what was there before is still shown in\n%s", text)
		}
		text, coloured := shown(s)
		for _, word := range []string{"loopbridge 0.1.0", "main:record", "Cafe\u0301", "q quit"} {
			if !strings.Contains(text, word) {
				t.Errorf("%q is missing in\n%s", word, text)
			}
		}
		if coloured > 0 != colour {
			t.Errorf("colour %v: %d cells are coloured", colour, coloured)
		}
		term.Close()
	}
}

// Keys of the terminal become those of the model, and so does its size.
func TestTerminalBringsKeys(t *testing.T) {
	term, s := simulated(t, 80, 24)
	got := make(chan any)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		term.Listen(func(message any) { got <- message })
	}()
	if first := <-got; first != (Resized{80, 24}) {
		t.Errorf("at first it brings %+v", first)
	}
	go func() {
		for _, k := range []struct {
			key  tcell.Key
			rune rune
		}{{tcell.KeyRune, '+'}, {tcell.KeyRune, '実'}, {tcell.KeyPgDn, 0}, {tcell.KeyF5, 0}, {tcell.KeyEnter, 0}, {tcell.KeyBackspace2, 0}, {tcell.KeyCtrlC, 0}} {
			s.InjectKey(k.key, k.rune, tcell.ModNone)
		}
		_ = s.PostEvent(tcell.NewEventResize(100, 30))
	}()
	var keys []any
	for len(keys) == 0 || keys[len(keys)-1] != (Resized{100, 30}) {
		if m := <-got; m != (Resized{80, 24}) {
			keys = append(keys, m)
		}
	}
	want := []any{Key("+"), Key("実"), KeyPageDown, KeyEnter, KeyBackspace, KeyInterrupt, Resized{100, 30}}
	if len(keys) != len(want) {
		t.Fatalf("it brings %q, want %q", keys, want)
	}
	for i := range want {
		if keys[i] != want[i] {
			t.Errorf("message %d is %q, want %q", i, keys[i], want[i])
		}
	}
	term.Close()
	<-ended
}

func TestLocales(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "LANG=C": true, "LANG=C.UTF-8": false, "LANG=de_DE.utf8": false, "LANG=de_DE@euro": true,
		"LC_ALL=POSIX LANG=en_US.UTF-8": true, "LC_CTYPE=en_US.UTF-8 LANG=C": false, "LC_ALL= LANG=C.UTF-8": false,
	} {
		got := ASCII(func(name string) string {
			for word := range strings.FieldsSeq(text) {
				if key, value, _ := strings.Cut(word, "="); key == name {
					return value
				}
			}
			return ""
		})
		if got != want {
			t.Errorf("with %q ASCII is %v", text, got)
		}
	}
}
