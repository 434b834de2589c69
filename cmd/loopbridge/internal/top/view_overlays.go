package top

// box draws a frame in the middle for so many columns and lines, with a title and what keys do, and returns its inside.
func (c *Canvas) box(columns, lines int, title, keys string) rect {
	columns = min(max(columns, c.width(title)+8, c.width(keys)+8), c.Columns-2)
	lines = min(lines+2, c.Lines-2)
	x, y := (c.Columns-columns)/2, max(0, (c.Lines-lines)/2)
	c.Fill(x-1, y, columns+2, lines, Plain)
	f := &c.glyphs.frame
	for i, at := range [4][2]int{{x, y}, {x + columns - 1, y}, {x, y + lines - 1}, {x + columns - 1, y + lines - 1}} {
		c.Put(at[0], at[1], 1, f[i], Faint)
	}
	for i := range lines - 2 {
		c.Put(x, y+1+i, 1, f[4], Faint)
		c.Put(x+columns-1, y+1+i, 1, f[4], Faint)
	}
	c.rule(rect{x + 1, y, columns - 2, 1}, title)
	c.rule(rect{x + 1, y + lines - 1, columns - 2, 1}, keys)
	return rect{x + 2, y + 1, columns - 4, lines - 2}
}

func (help) draw(_ *Model, c *Canvas) {
	lines := helpLines()
	r := c.box(70, len(lines), "keys", "any key: back")
	for i, l := range lines[:max(0, min(len(lines), r.lines))] {
		c.Put(r.x, r.y+i, 16, l[0], Strong)
		c.Put(r.x+17, r.y+i, r.columns-17, l[1], Plain)
	}
}

func (n *menu) draw(m *Model, c *Canvas) {
	columns := 40
	for _, i := range n.items {
		columns = max(columns, c.width(i.text)+8)
	}
	r := c.box(columns, len(n.items), n.title, n.keys)
	if r.lines <= 0 {
		return
	}
	first := max(0, min(n.at-r.lines/2, len(n.items)-r.lines))
	for k, i := range n.items[first:min(len(n.items), first+r.lines)] {
		style, y := Plain, r.y+k
		if first+k == n.at {
			style = Chosen
			c.Put(r.x, y, 1, c.glyphs.chosen, Strong)
			c.Fill(r.x+1, y, r.columns-1, 1, style)
		}
		x := r.x + 2
		if i.mark != nil {
			box := c.glyphs.off
			if i.mark(m) {
				box = c.glyphs.on
			}
			x += c.Put(x, y, 2, box+" ", style)
		}
		c.Put(x, y, r.x+r.columns-x, c.arrows(i.text), style)
	}
}

func (e *entry) draw(_ *Model, c *Canvas) {
	y := c.Lines - 1
	c.Fill(0, y, c.Columns, 1, Bar)
	x := 1 + c.Put(1, y, c.Columns/2, e.title+": ", Bar)
	text := e.text
	for c.width(text)+1 > c.Columns-x-1 && text != "" { // the end is what is being typed
		text = text[1:]
	}
	x += c.Put(x, y, c.Columns-x-1, text, Bar)
	c.Put(x, y, 1, "_", Bar)
}
