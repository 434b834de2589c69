package top

// rect is a part of the screen.
type rect struct{ x, y, columns, lines int }

// layout says where what is.
type layout struct {
	strips  rect // with the heading of its columns
	across  int  // strips beside each other
	rows    int  // below each other
	detail  rect
	notices rect // alarms and recorders
	log     rect
}

const (
	wide       = 150 // columns from which on the panels are beside the strips
	stripLeast = 72  // columns of a strip that has others beside it
	barely     = 14  // lines below which there are only strips
)

// lay returns the layout, and remembers how many strips are on a page.
func (m *Model) lay() layout {
	l := m.below()
	if m.Columns >= wide {
		l = m.beside()
	}
	l.rows = max(1, l.strips.lines-1)
	l.across = max(1, min((len(m.strips)+l.rows-1)/l.rows, (l.strips.columns+1)/(stripLeast+1)))
	m.rows, m.page = l.rows, l.rows*l.across
	return l
}

// below is a layout with the panels below the strips.
func (m *Model) below() (l layout) {
	rest := max(0, m.Lines-2) // without the first and the last line
	notices := m.noticeLines(3)
	detail, log := 5, min(4+max(0, m.Lines-24)/3, 12)
	switch {
	case m.Lines < barely:
		detail, log, notices = 0, 0, 0
	case m.Lines < 20:
		log, notices = 0, min(notices, 2)
	case m.Lines >= 34:
		detail = 7
	}
	if notices > 0 {
		log = max(0, log-notices+1)
	}
	if log < 2 { // a heading alone says nothing
		log = 0
	}
	top := rest - detail - notices - log
	if spare := top - 1 - max(1, len(m.strips)); spare > 0 && detail > 0 { // lines that no strip needs
		more := min(spare, 3)
		top, detail, log = top-spare, detail+more, log+spare-more
		if log == 1 {
			detail, log = detail+1, 0
		}
	}
	l.strips = rect{0, 1, m.Columns, top}
	y := 1 + top
	for _, p := range []struct {
		at    *rect
		lines int
	}{{&l.detail, detail}, {&l.notices, notices}, {&l.log, log}} {
		*p.at = rect{0, y, m.Columns, p.lines}
		y += p.lines
	}
	return l
}

// beside is a layout with the panels beside the strips.
func (m *Model) beside() (l layout) {
	rest := max(0, m.Lines-2)
	columns := min(max(m.Columns/3, 60), 84)
	l.strips = rect{0, 1, m.Columns - columns - 1, rest}
	detail := min(12, rest)
	if t := m.current(); t != nil {
		if k := m.meters[t.place]; k != nil {
			detail = min(8+len(k.channels), rest, 24)
		}
	}
	notices := min(m.noticeLines(16), max(0, rest-detail-4))
	x := m.Columns - columns
	l.detail = rect{x, 1, columns, detail}
	l.notices = rect{x, 1 + detail, columns, notices}
	l.log = rect{x, 1 + detail + notices, columns, rest - detail - notices}
	return l
}
