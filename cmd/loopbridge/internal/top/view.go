package top

import (
	"fmt"
	"strings"
)

// Draw draws the model on a new Canvas of its size.
func Draw(m *Model) *Canvas {
	c := NewCanvas(m.Columns, m.Lines, m.ASCII)
	l := m.lay()
	m.drawTitle(c)
	if m.now == nil {
		m.drawWaiting(c)
	} else {
		m.drawStrips(c, l)
		m.drawDetail(c, l.detail)
		m.drawNotices(c, l.notices)
		m.drawLog(c, l.log)
	}
	m.drawStatus(c)
	if m.overlay != nil {
		m.overlay.draw(m, c)
	}
	return c
}

// drawTitle says which daemon it is, and how that is.
func (m *Model) drawTitle(c *Canvas) {
	c.Fill(0, 0, c.Columns, 1, Bar)
	parts := []string{"loopbridge"}
	right := ""
	if s := m.now; s != nil {
		if s.Version.Version != "" {
			parts[0] += " " + s.Version.Version
		}
		if s.Load.CPU != nil {
			parts = append(parts, "cpu "+number(*s.Load.CPU, 1)+" %")
		}
		if s.Load.Memory > 0 {
			parts = append(parts, number(s.Load.Memory/1e6, 0)+" MB")
		}
		if n := raised(s); n > 0 {
			parts = append(parts, c.glyphs.raised+" "+plural(n, "alarm"))
		}
		parts = append(parts, plural(programsOf(s), "program"), plural(int(xrunsOf(m.now)), "xrun"), m.Title)
		right = m.time(s.Time)
	} else {
		parts = append(parts, m.Title)
	}
	if n := m.pages(); n > 1 {
		right = fmt.Sprintf("page %d of %d  %s", m.at/m.page+1, n, right)
	}
	room := c.Columns - c.width(right) - 3
	c.Put(1, 0, room, strings.Join(parts, " "+c.glyphs.dot+" "), Bar)
	c.Right(c.Columns-1-c.width(right), 0, c.width(right), right, Bar)
	if m.lost != nil {
		c.Paint(0, 0, c.Columns, Over)
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func programsOf(s *Snapshot) (n int) {
	for i := range s.Loops {
		l := &s.Loops[i]
		for k := range l.Clients {
			if l.Clients[k].PID != 0 {
				n++
			}
		}
		if l.Server != nil && l.Server.PID != 0 {
			n++
		}
	}
	return n
}

func xrunsOf(s *Snapshot) (n uint64) {
	for i := range s.Devices {
		if h := s.Devices[i].Hardware; h != nil {
			n += h.Xruns
		}
	}
	for i := range s.Loops {
		l := &s.Loops[i]
		if l.Server != nil {
			n += l.Server.Xruns
		}
		for k := range l.Clients {
			n += l.Clients[k].Xruns
		}
	}
	return n
}

func (m *Model) pages() int {
	if m.page == 0 {
		return 0
	}
	return (len(m.strips) + m.page - 1) / m.page
}

// drawWaiting says that there is no daemon yet.
func (m *Model) drawWaiting(c *Canvas) {
	text := "asking the daemon" + c.glyphs.ellipsis
	if m.lost != nil {
		text = "waiting for the daemon" + c.glyphs.ellipsis
	}
	c.Put(max(0, (c.Columns-c.width(text))/2), c.Lines/2, c.Columns, text, Plain)
}

// drawStatus says what went wrong, or what keys do.
func (m *Model) drawStatus(c *Canvas) {
	y := c.Lines - 1
	switch {
	case m.lost != nil:
		c.sentence(m.lost.Error()+"; trying again", Over)
	case m.bad:
		c.sentence(m.status, Near)
	default:
		c.Fill(0, y, c.Columns, 1, Bar)
		left := m.status
		if left == "" && m.filter != "" {
			left = fmt.Sprintf("only what has %q; Esc shows all", m.filter)
		}
		keys := " ? help  +- gain  m mute  p ports  r routes  t loudness  / filter  q quit"
		if room := c.Columns - c.width(left) - 3; left != "" {
			c.Put(1, y, c.Columns-2, left, Bar)
			if room >= c.width(keys) {
				c.Right(c.Columns-1-c.width(keys), y, c.width(keys), keys, Bar)
			}
			return
		}
		c.Put(0, y, c.Columns, keys, Bar)
	}
}

// sentence writes a text on the last lines, as many as it needs, but at most a third of them.
func (c *Canvas) sentence(text string, s Style) {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && c.width(line)+1+c.width(word) > c.Columns-2 {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	lines = append(lines, line)
	lines = lines[:min(len(lines), max(1, c.Lines/3))]
	for i, line := range lines {
		y := c.Lines - len(lines) + i
		c.Fill(0, y, c.Columns, 1, s)
		c.Put(1, y, c.Columns-2, line, s)
	}
}

// rule draws the heading of a panel.
func (c *Canvas) rule(r rect, title string) {
	if r.lines == 0 {
		return
	}
	x := c.Put(r.x, r.y, r.columns, c.glyphs.line+" ", Faint)
	x += c.Put(r.x+x, r.y, r.columns-x-2, title, Strong)
	x += c.Put(r.x+x, r.y, r.columns-x, " ", Faint)
	for ; x < r.columns; x++ {
		c.glyph(r.x+x, r.y, c.glyphs.line, Faint)
	}
}

// flow writes words one after the other, with a dot between two, on as many lines as there are.
func (c *Canvas) flow(r rect, words []string) {
	x, y := 0, 0
	between := " " + c.glyphs.dot + " "
	for _, w := range words {
		if w == "" {
			continue
		}
		n := c.width(w)
		if x > 0 && x+c.width(between)+n > r.columns {
			x, y = 0, y+1
		}
		if y >= r.lines {
			return
		}
		if x > 0 {
			x += c.Put(r.x+x, r.y+y, r.columns-x, between, Faint)
		}
		x += c.Put(r.x+x, r.y+y, r.columns-x, w, Plain)
	}
}

// arrows draws those of a text.
func (c *Canvas) arrows(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, arrow, " "+c.glyphs.arrow+" "))
}
