package top

import (
	"unicode/utf8"
)

// overlay is what keys go to while it is shown over the strips.
type overlay interface {
	// press does what a key means, and takes the overlay away if that ends it.
	press(m *Model, k Key) []any
	// draw draws it.
	draw(m *Model, c *Canvas)
}

// help says what keys do.
type help struct{}

func (help) press(m *Model, _ Key) []any {
	m.overlay = nil
	return nil
}

// item is a line of a menu.
type item struct {
	text  string
	mark  func(*Model) bool          // whether a box is ticked; nil: there is none
	enter func(m *Model) []any       // Enter
	other map[Key]func(*Model) []any // what other keys do
}

// menu lets a person choose.
type menu struct {
	title string
	keys  string // what they do
	items []item
	at    int
	fill  func(m *Model) []item // what there is now; nil: always the same
}

// refill shows what there is now.
func (n *menu) refill(m *Model) {
	if n.fill != nil {
		n.items = n.fill(m)
		n.at = max(0, min(n.at, len(n.items)-1))
	}
}

func (n *menu) press(m *Model, k Key) []any {
	switch k {
	case KeyUp, "k":
		n.at = max(0, n.at-1)
	case KeyDown, "j":
		n.at = max(0, min(len(n.items)-1, n.at+1))
	case KeyHome, KeyPageUp:
		n.at = 0
	case KeyEnd, KeyPageDown:
		n.at = max(0, len(n.items)-1)
	case KeyEscape, "q":
		m.overlay = nil
	case KeyEnter:
		m.overlay = nil
		if n.at < len(n.items) { // what there was may have gone
			return n.items[n.at].enter(m)
		}
	default:
		if n.at >= len(n.items) {
			return nil
		}
		if do := n.items[n.at].other[k]; do != nil {
			return do(m)
		}
	}
	return nil
}

// entry is a line to type in.
type entry struct {
	title  string
	text   string
	change func(m *Model, text string) []any // with each key; may be nil
	enter  func(m *Model, text string) []any // may be nil
	cancel string                            // the text that Escape leaves
}

func (e *entry) press(m *Model, k Key) []any {
	before := e.text
	switch {
	case k == KeyEnter:
		m.overlay = nil
		if e.enter != nil {
			return e.enter(m, e.text)
		}
		return nil
	case k == KeyEscape:
		m.overlay = nil
		e.text = e.cancel
	case k == KeyBackspace:
		_, n := utf8.DecodeLastRuneInString(e.text)
		e.text = e.text[:len(e.text)-n]
	default:
		e.text += k.plain()
	}
	if e.text != before && e.change != nil {
		return e.change(m, e.text)
	}
	return nil
}
