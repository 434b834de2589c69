package top

import (
	"fmt"
	"time"
)

// column is one of the figures of a strip.
type column struct {
	title string
	width int
	left  bool // its text begins at the left
	text  func(c *Canvas, t *strip, k *meter) (string, Style)
}

// optional returns the columns beside name, meter and peak, the most important first.
func (m *Model) optional() (all []column) {
	all = []column{
		{title: "gain", width: 5, text: func(c *Canvas, t *strip, _ *meter) (string, Style) {
			if !t.known {
				return c.glyphs.unknown, Faint
			}
			return gainText(t.gain), Plain
		}},
		{title: "", width: 3, left: true, text: func(_ *Canvas, t *strip, k *meter) (string, Style) { return flags(t, k) }},
		{title: "xruns", width: 5, text: func(_ *Canvas, t *strip, _ *meter) (string, Style) {
			if t.xruns == 0 {
				return "0", Faint
			}
			return countText(t.xruns), Near
		}},
	}
	if m.loudness {
		all = append(all,
			column{title: "M LUFS", width: 6, text: func(c *Canvas, _ *strip, k *meter) (string, Style) {
				return hundredths(k.last.Momentary, c.glyphs.unknown), Plain
			}},
			column{title: "I LUFS", width: 6, text: func(c *Canvas, _ *strip, k *meter) (string, Style) {
				return hundredths(k.last.Integrated, c.glyphs.unknown), Plain
			}})
	}
	return append(all,
		column{title: "held by", width: 12, left: true, text: func(c *Canvas, t *strip, _ *meter) (string, Style) { return c.arrows(t.holder), Plain }},
		column{title: "ppm", width: 7, text: func(_ *Canvas, t *strip, _ *meter) (string, Style) { return ppmText(t.ppm), Plain }},
		column{title: "late", width: 7, text: func(_ *Canvas, t *strip, _ *meter) (string, Style) { return msOf(t.late), Plain }},
		column{title: "state", width: 10, left: true, text: func(_ *Canvas, t *strip, _ *meter) (string, Style) { return stateOf(t) }},
		column{title: "rms", width: 5, text: func(_ *Canvas, _ *strip, k *meter) (string, Style) { return levelText(k.rms()), Plain }},
		column{title: "delay", width: 7, text: func(_ *Canvas, t *strip, _ *meter) (string, Style) { return msOf(t.latency), Plain }},
		column{title: "port", width: 12, left: true, text: func(_ *Canvas, t *strip, _ *meter) (string, Style) {
			if t.ports == 0 {
				return "", Plain
			}
			return t.port.Names(t.side), Plain
		}},
	)
}

func stateOf(t *strip) (string, Style) {
	if t.failed {
		return t.state, Over
	}
	return t.state, Plain
}

// flags are M for muted, C for clipped, ! for failed.
func flags(t *strip, k *meter) (text string, s Style) {
	if t.mute {
		text, s = "M", Near
	}
	if k.clipped > 0 {
		text, s = text+"C", Over
	}
	if t.failed {
		text, s = text+"!", Over
	}
	if balance := balanceText(t.balance); text == "" && balance != "" {
		return balance, Plain
	}
	return text, s
}

func ppmText(ppm *float64) string {
	if ppm == nil {
		return ""
	}
	return fmt.Sprintf("%+.1f", *ppm)
}

func msOf(ms *float64) string {
	if ms == nil {
		return ""
	}
	return msText(*ms)
}

// stripLayout says how wide the columns of a strip are.
type stripLayout struct {
	name, bar int
	columns   []column
}

const (
	nameLeast, nameMost = 12, 28
	barLeast, barMost   = 15, 48
	peakColumns         = 5
)

// fit chooses the columns for a width.
func (m *Model) fit(width int) stripLayout {
	l := stripLayout{name: nameLeast, bar: min(barMost, max(barLeast, width/4))}
	rest := width - 2 - l.name - 1 - l.bar - 1 - peakColumns
	for _, k := range m.optional() {
		if rest < k.width+1 {
			break
		}
		l.columns = append(l.columns, k)
		rest -= k.width + 1
	}
	rest = max(0, rest)
	grow := func(n *int, most int) {
		by := max(0, min(rest, most-*n))
		*n, rest = *n+by, rest-by
	}
	grow(&l.name, min(nameMost, max(nameLeast, m.longest()), nameLeast+rest/2))
	grow(&l.bar, 24)
	for _, words := range []struct {
		title string
		most  int
	}{{"held by", 24}, {"state", 18}} {
		for i := range l.columns {
			if k := &l.columns[i]; k.title == words.title {
				grow(&k.width, words.most)
			}
		}
	}
	grow(&l.bar, barMost)
	for i := range l.columns {
		if l.columns[i].title == "held by" {
			grow(&l.columns[i].width, 60)
		}
	}
	grow(&l.bar, width)
	return l
}

// longest returns the columns of the longest name, as far as that matters.
func (m *Model) longest() (n int) {
	c := NewCanvas(0, 0, m.ASCII)
	for i := range m.strips {
		n = max(n, c.width(m.strips[i].name))
	}
	return n
}

func (m *Model) drawStrips(c *Canvas, l layout) {
	r := l.strips
	width := (r.columns - (l.across - 1)) / l.across
	fit := m.fit(width)
	for i := range l.across {
		fit.heading(c, r.x+i*(width+1), r.y)
	}
	first := m.at / m.page * m.page
	for i := first; i < min(first+m.page, len(m.strips)); i++ {
		x, y := r.x+(i-first)/l.rows*(width+1), r.y+1+(i-first)%l.rows
		m.drawStrip(c, x, y, fit, &m.strips[i], i == m.at)
	}
	if len(m.strips) == 0 {
		text := "the daemon has no devices with sound and no loops"
		if m.filter != "" {
			text = fmt.Sprintf("nothing has %q; Esc shows all", m.filter)
		}
		c.Put(r.x+2, r.y+1, r.columns-2, text, Plain)
	}
	if m.lost != nil { // what is shown is of the past
		for y := r.y; y < r.y+r.lines; y++ {
			c.Paint(r.x, y, r.columns, Faint)
		}
	}
}

func (l *stripLayout) heading(c *Canvas, x, y int) {
	x += 2
	c.Put(x, y, l.name, "name", Strong)
	x += l.name + 1
	c.Put(x, y, l.bar, "-60 to 0 dBFS", Faint)
	x += l.bar + 1
	c.Right(x, y, peakColumns, "max", Strong)
	x += peakColumns + 1
	for _, k := range l.columns {
		if k.left {
			c.Put(x, y, k.width, k.title, Strong)
		} else {
			c.Right(x, y, k.width, k.title, Strong)
		}
		x += k.width + 1
	}
}

func (m *Model) drawStrip(c *Canvas, x, y int, l stripLayout, t *strip, chosen bool) {
	k := m.meters[t.place]
	if k == nil {
		k = &meter{}
	}
	style := Plain
	if chosen {
		style = Chosen
		c.Put(x, y, 1, c.glyphs.chosen, Strong)
		c.Fill(x+1, y, l.name+2, 1, style)
	}
	x += 2
	c.Put(x, y, l.name, t.name, style)
	x += l.name + 1
	m.drawSound(c, x, y, l.bar, t, k)
	x += l.bar + 1
	if peak := k.most(); k.heard {
		c.Right(x, y, peakColumns, levelText(peak), styleOfFigure(peak))
	}
	x += peakColumns + 1
	for _, f := range l.columns {
		text, style := f.text(c, t, k)
		if f.left {
			c.Put(x, y, f.width, text, style)
		} else {
			c.Right(x, y, f.width, text, style)
		}
		x += f.width + 1
	}
}

// styleOfFigure is that of a level as a number.
func styleOfFigure(dB float64) Style {
	if s := styleOf(dB); s != Good {
		return s
	}
	return Plain
}

// drawSound draws the meter of a strip, or says why there is none.
func (m *Model) drawSound(c *Canvas, x, y, columns int, t *strip, k *meter) {
	quiet := time.Duration(k.last.Silence) * time.Millisecond
	switch {
	case !k.heard:
		text, _ := stateOf(t)
		c.Put(x, y, columns, text, Faint)
	case quiet >= 3*time.Second && k.peak() < floor:
		c.Put(x, y, columns, "silent for "+spanText(quiet), Faint)
	default:
		c.bars(x, y, columns, k.channels)
	}
}

// rms returns that of the loudest channel now, in dBFS.
func (m *meter) rms() float64 {
	p := silent()
	for _, c := range m.channels {
		p = max(p, c.rms)
	}
	return p
}
