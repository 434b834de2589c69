package top

import "math"

// styleOf returns that of a level in dBFS.
func styleOf(dB float64) Style {
	switch {
	case dB >= -1:
		return Over
	case dB >= -9:
		return Near
	}
	return Good
}

// part returns how far along a bar a level is, 0 to 1.
func part(dB float64) float64 { return min(1, max(0, 1-dB/floor)) }

// bar draws a channel: solid to the RMS, soft to the peak, and a mark at the highest peak of the last seconds.
func (c *Canvas) bar(x, y, columns int, l *level) {
	if columns <= 0 {
		return
	}
	steps := len(c.glyphs.eighths)
	solid := int(math.Round(part(l.rms) * float64(columns*steps)))
	soft := int(math.Ceil(part(l.shown)*float64(columns) - 1e-9))
	mark := -1
	if l.hold > floor {
		mark = min(columns-1, int(part(l.hold)*float64(columns)))
	}
	for i := range columns {
		text, style := c.glyphs.empty, styleOf(floor*(1-(float64(i)+0.999)/float64(columns)))
		switch {
		case solid >= (i+1)*steps:
			text = c.glyphs.eighths[steps-1]
		case i == mark:
			text = c.glyphs.hold
		case solid > i*steps:
			text = c.glyphs.eighths[solid-i*steps-1]
		case i < soft:
			text = c.glyphs.soft
		default:
			style = Faint
		}
		c.glyph(x+i, y, text, style)
	}
}

// bars draws all channels of a place in one line: side by side, or one column for each if there are many, and if there
// are more than columns, the loudest of those that share one.
func (c *Canvas) bars(x, y, columns int, channels []level) {
	n := len(channels)
	if n == 0 {
		return
	}
	if each := (columns - (n - 1)) / n; n <= 2 || each >= 8 {
		for i := range channels {
			c.bar(x+i*(each+1), y, each, &channels[i])
		}
		return
	}
	for i := range min(n, columns) {
		shown := silent()
		for k := i * n / min(n, columns); k < max((i+1)*n/min(n, columns), i*n/min(n, columns)+1); k++ {
			shown = max(shown, channels[k].shown)
		}
		steps := len(c.glyphs.rising)
		if up := int(math.Ceil(part(shown) * float64(steps))); up > 0 {
			c.glyph(x+i, y, c.glyphs.rising[up-1], styleOf(shown))
		} else {
			c.glyph(x+i, y, c.glyphs.dot, Faint)
		}
	}
}

// scale writes dBFS below or over a bar.
func (c *Canvas) scale(x, y, columns int) {
	step := 12.0
	for ; step < 30 && float64(columns)*step/-floor < 5; step += 8 {
	}
	for dB := floor; dB < 0; dB += step {
		c.Put(x+int(part(dB)*float64(columns)), y, columns, number(dB, 0), Faint)
	}
	c.Put(x+columns-1, y, 1, "0", Faint)
}
