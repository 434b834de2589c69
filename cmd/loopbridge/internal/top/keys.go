package top

import (
	"github.com/loopbridge/loopbridge/audio/state"
)

// Names of keys that are no characters.
const (
	KeyUp        Key = "up"
	KeyDown      Key = "down"
	KeyLeft      Key = "left"
	KeyRight     Key = "right"
	KeyPageUp    Key = "pgup"
	KeyPageDown  Key = "pgdn"
	KeyHome      Key = "home"
	KeyEnd       Key = "end"
	KeyTab       Key = "tab"
	KeyEnter     Key = "enter"
	KeyEscape    Key = "esc"
	KeyBackspace Key = "backspace"
	KeyDelete    Key = "delete"
	KeyInterrupt Key = "ctrl-c"
	KeyStop      Key = "ctrl-z"
	KeyRedraw    Key = "ctrl-l"
)

// helpLines says what keys do, in pairs.
func helpLines() [][2]string {
	return [][2]string{
		{"arrows, h j k l", "choose a strip; Home and End: the first and the last"},
		{"Tab", "the next page of strips"},
		{"+ -", "gain by 1 dB; PgUp and PgDn: by 6 dB"},
		{"0", "unity gain"},
		{"m", "mute, where it can be muted"},
		{"b B", "balance to the left and to the right"},
		{"p", "ports of a device"},
		{"r", "routes: add one, remove one"},
		{"a", "acknowledge an alarm"},
		{"t", "loudness on and off"},
		{"R", "let maxima, clips and loudness begin anew"},
		{"s", "sort by kind, name, level or xruns"},
		{"/", "show only strips with some text; Esc: all of them"},
		{"q", "quit"},
	}
}

// press does what a key means now.
func (m *Model) press(k Key) []any {
	switch k {
	case KeyInterrupt:
		return []any{Quit{}}
	case KeyStop:
		return []any{Stop{}}
	case KeyRedraw:
		return nil
	}
	if m.overlay != nil {
		return m.overlay.press(m, k)
	}
	m.say("")
	if todo, moved := m.move(k); moved {
		return todo
	}
	if todo, changed := m.turnKnob(k); changed {
		return todo
	}
	switch k {
	case "q":
		return []any{Quit{}}
	case "?":
		m.overlay = help{}
	case "p":
		return m.openPorts()
	case "r":
		m.openRoutes()
	case "a":
		return m.openAlarms()
	case "t":
		m.loudness = !m.loudness
		for _, k := range m.meters {
			k.reset() // true peaks and others are of the same time
		}
		return m.rewatch()
	case "R":
		return m.reset()
	case "s":
		m.order = (m.order + 1) % orders
		m.rearrange()
		m.say("sorted by " + m.order.String())
	case "/":
		m.overlay = &entry{title: "show", text: m.filter, change: func(m *Model, text string) []any {
			m.filter = text
			m.rearrange()
			return m.rewatch()
		}, cancel: ""}
	case KeyEscape:
		m.filter = ""
		m.rearrange()
		return m.rewatch()
	}
	return nil
}

// rearrange makes the strips again from what is known.
func (m *Model) rearrange() {
	if m.now != nil {
		m.arrange(0)
	}
}

// move chooses another strip.
func (m *Model) move(k Key) (todo []any, moved bool) {
	m.lay()
	to := m.at
	switch k {
	case KeyUp, "k":
		to--
	case KeyDown, "j":
		to++
	case KeyLeft, "h":
		to -= m.rows
	case KeyRight, "l":
		to += m.rows
	case KeyHome:
		to = 0
	case KeyEnd:
		to = len(m.strips) - 1
	case KeyTab:
		if to = (m.at/m.page + 1) * m.page; to >= len(m.strips) {
			to = 0
		}
	default:
		return nil, false
	}
	m.choose(to)
	return m.rewatch(), true
}

// turnKnob changes the controls of the strip that is chosen.
func (m *Model) turnKnob(k Key) (todo []any, changed bool) {
	t := m.current()
	if t == nil {
		return nil, false
	}
	gain, balance := t.gain, t.balance
	switch k {
	case "+", "=":
		gain = louder(gain, 1)
	case "-", "_":
		gain = louder(gain, -1)
	case KeyPageUp:
		gain = louder(gain, 6)
	case KeyPageDown:
		gain = louder(gain, -6)
	case "0":
		gain = unity
	case "b":
		balance = max(0, balance-2)
	case "B":
		balance = min(64, balance+2)
	case "m":
		return m.mute(t), true
	default:
		return nil, false
	}
	if gain == t.gain && balance == t.balance {
		return nil, true
	}
	field, value := state.PlayGain.On(t.side), uint32(gain)
	if balance != t.balance {
		field, value = state.PlayBalance.On(t.side), uint32(balance)
	}
	return m.set(map[state.Field]uint32{field: value}, func(c *controls) { c.gain, c.balance = gain, balance }), true
}

func (m *Model) mute(t *strip) []any {
	if !t.mutes {
		return m.refuse("%s is recorded, and only what is played can be muted: lower its gain", t.name)
	}
	next := !t.controls.mute
	value := uint32(0)
	if next {
		value = 1
	}
	return m.set(map[state.Field]uint32{state.OutputMuted: value}, func(c *controls) { c.mute = next })
}

// plain returns the character of a key; "": it is none.
func (k Key) plain() string {
	switch k {
	case KeyUp, KeyDown, KeyLeft, KeyRight, KeyPageUp, KeyPageDown, KeyHome, KeyEnd, KeyTab, KeyEnter, KeyEscape, KeyBackspace,
		KeyDelete, KeyInterrupt, KeyStop, KeyRedraw:
		return ""
	}
	return string(k)
}
