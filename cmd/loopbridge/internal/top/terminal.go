package top

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gdamore/tcell/v2"

	"github.com/loopbridge/loopbridge/audio"
)

// Terminal is a Screen on the terminal of the program.
type Terminal struct {
	screen tcell.Screen
	colour bool
	last   *Canvas // that is shown
}

// OpenTerminal takes the terminal, in which lines are no longer edited and keys no longer echoed, until Close. ascii: it has
// no Unicode. ErrUnsupported: it cannot show a screen. It is no colour if $NO_COLOR says so, or the terminal has none.
func OpenTerminal(ascii bool) (*Terminal, error) {
	if ascii {
		tcell.SetEncodingFallback(tcell.EncodingFallbackASCII)
	}
	s, err := tcell.NewScreen()
	if err == nil {
		err = s.Init()
	}
	if err != nil {
		return nil, audio.ErrUnsupported.With("this terminal (TERM=%s) cannot show a screen: %v; loopbridge top --once prints one", os.Getenv("TERM"), err)
	}
	return newTerminal(s), nil
}

func newTerminal(s tcell.Screen) *Terminal {
	s.HideCursor()
	return &Terminal{screen: s, colour: s.Colors() >= 8 && os.Getenv("NO_COLOR") == ""}
}

// ASCII reports whether a locale has no Unicode, by the variables of the environment that POSIX names.
func ASCII(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return true
}

// Listen implements Screen.
func (t *Terminal) Listen(tell func(message any)) {
	columns, lines := t.screen.Size()
	tell(Resized{columns, lines})
	for e := t.screen.PollEvent(); e != nil; e = t.screen.PollEvent() {
		switch e := e.(type) {
		case *tcell.EventResize:
			columns, lines := e.Size()
			tell(Resized{columns, lines})
		case *tcell.EventKey:
			if k := keyOf(e); k != "" {
				tell(k)
			}
		}
	}
}

// keyOf returns what a Model calls a key; "": nothing.
func keyOf(e *tcell.EventKey) Key {
	switch e.Key() {
	case tcell.KeyRune:
		return Key(e.Rune())
	case tcell.KeyUp:
		return KeyUp
	case tcell.KeyDown:
		return KeyDown
	case tcell.KeyLeft:
		return KeyLeft
	case tcell.KeyRight:
		return KeyRight
	case tcell.KeyPgUp:
		return KeyPageUp
	case tcell.KeyPgDn:
		return KeyPageDown
	case tcell.KeyHome:
		return KeyHome
	case tcell.KeyEnd:
		return KeyEnd
	case tcell.KeyTab:
		return KeyTab
	case tcell.KeyEnter, tcell.KeyCtrlJ:
		return KeyEnter
	case tcell.KeyEscape:
		return KeyEscape
	case tcell.KeyBackspace, tcell.KeyBackspace2:
		return KeyBackspace
	case tcell.KeyDelete:
		return KeyDelete
	case tcell.KeyCtrlC:
		return KeyInterrupt
	case tcell.KeyCtrlZ:
		return KeyStop
	case tcell.KeyCtrlL:
		return KeyRedraw
	}
	return ""
}

// Show implements Screen. Only what has changed goes to the terminal.
func (t *Terminal) Show(c *Canvas) {
	whole := t.last == nil || t.last.Columns != c.Columns || t.last.Lines != c.Lines
	for i, k := range c.cells {
		if k.text != "" && (whole || t.last.cells[i] != k) { // "" is the second half of a wide character
			t.screen.Put(i%c.Columns, i/c.Columns, k.text, t.look(k.style))
		}
	}
	t.last = c
	t.screen.Show()
}

// look returns how a style looks on this terminal.
func (t *Terminal) look(s Style) tcell.Style {
	d := tcell.StyleDefault
	switch s {
	case Faint:
		return d.Dim(true)
	case Strong:
		return d.Bold(true)
	case Chosen, Bar:
		return d.Reverse(true)
	}
	if !t.colour {
		if s == Over {
			return d.Bold(true)
		}
		return d
	}
	switch s {
	case Good:
		return d.Foreground(tcell.ColorGreen)
	case Near:
		return d.Foreground(tcell.ColorYellow)
	case Over:
		return d.Foreground(tcell.ColorRed).Bold(true)
	}
	return d
}

// Redraw implements Screen.
func (t *Terminal) Redraw() { t.screen.Sync() }

// stopPatience is after how long the program goes on if it was not stopped: where no shell could let it go on, it is not.
const stopPatience = time.Second

// Stop implements Screen.
func (t *Terminal) Stop() {
	if t.screen.Suspend() != nil {
		return
	}
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, syscall.SIGCONT)
	_ = syscall.Kill(0, syscall.SIGTSTP) // with all of the command line, as the terminal would
	select {
	case <-goesOn:
	case <-time.After(stopPatience):
	}
	signal.Stop(goesOn)
	_ = t.screen.Resume()
	t.last = nil // the screen is empty
}

// Close implements Screen.
func (t *Terminal) Close() { t.screen.Fini() }
