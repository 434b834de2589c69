package top

import (
	"strings"

	"github.com/rivo/uniseg"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// Style says what a piece of text is; the terminal decides how that looks. All of them can be read without colour.
type Style uint8

// The styles.
const (
	Plain  Style = iota
	Faint        // what can be missed
	Strong       // names and headings
	Good         // a level with room above
	Near         // a level with little room, a warning
	Over         // too loud, an error
	Chosen       // the line that keys act on
	Bar          // the first and the last line of the screen
)

// cell is a place for one character. A wide one has an empty cell after it.
type cell struct {
	text  string
	style Style
}

// Canvas is a screen in memory, with as many columns and lines as it was made with. What is put outside is cut off.
type Canvas struct {
	Columns, Lines int

	glyphs *glyphs
	cells  []cell
}

// NewCanvas returns an empty Canvas. ascii: it holds nothing that needs Unicode.
func NewCanvas(columns, lines int, ascii bool) *Canvas {
	c := &Canvas{Columns: max(0, columns), Lines: max(0, lines), glyphs: unicodeGlyphs()}
	if ascii {
		c.glyphs = asciiGlyphs()
	}
	c.cells = make([]cell, c.Columns*c.Lines)
	c.Fill(0, 0, c.Columns, c.Lines, Plain)
	return c
}

// Fill makes a rectangle empty.
func (c *Canvas) Fill(x, y, columns, lines int, s Style) {
	for j := max(0, y); j < min(y+lines, c.Lines); j++ {
		for i := max(0, x); i < min(x+columns, c.Columns); i++ {
			c.cells[j*c.Columns+i] = cell{" ", s}
		}
	}
}

// Put writes text into at most so many columns of a line, and returns how many it took. A text that is too long ends with
// an ellipsis. What cannot be printed, or has no width of its own, is replaced.
func (c *Canvas) Put(x, y, columns int, text string, s Style) int {
	columns = min(columns, c.Columns-x)
	if y < 0 || y >= c.Lines || x < 0 || columns <= 0 {
		return 0
	}
	all := c.clusters(text)
	room := columns
	if widthOf(all) > columns {
		room -= uniseg.StringWidth(c.glyphs.ellipsis)
	}
	at := x
	for _, k := range all {
		if at-x+k.width > room {
			for _, e := range c.clusters(c.glyphs.ellipsis) {
				at = c.set(at, y, x+columns, e, s)
			}
			break
		}
		at = c.set(at, y, x+columns, k, s)
	}
	return at - x
}

// Right writes text that ends at the last of so many columns.
func (c *Canvas) Right(x, y, columns int, text string, s Style) {
	w := min(columns, c.width(text))
	c.Put(x+columns-w, y, w, text, s)
}

// Paint gives a part of a line a style, but keeps Near and Over, which say more.
func (c *Canvas) Paint(x, y, columns int, s Style) {
	for i := max(0, x); i < min(x+columns, c.Columns) && y >= 0 && y < c.Lines; i++ {
		if at := &c.cells[y*c.Columns+i]; at.style != Near && at.style != Over {
			at.style = s
		}
	}
}

// width returns how many columns a text takes here.
func (c *Canvas) width(text string) int { return widthOf(c.clusters(text)) }

// glyph writes one of the characters that screens are drawn with, of one column.
func (c *Canvas) glyph(x, y int, text string, s Style) {
	if x >= 0 && x < c.Columns && y >= 0 && y < c.Lines {
		c.cells[y*c.Columns+x] = cell{text, s}
	}
}

// set writes a cluster if it ends before a column, and returns where the next one goes.
func (c *Canvas) set(x, y, end int, k cluster, s Style) int {
	if x+k.width > end {
		return x
	}
	row := c.cells[y*c.Columns:]
	row[x] = cell{k.text, s}
	for i := 1; i < k.width; i++ {
		row[x+i] = cell{"", s}
	}
	return x + k.width
}

// cluster is what a person takes for one character.
type cluster struct {
	text  string
	width int // columns, at least one
}

func widthOf(all []cluster) (n int) {
	for _, k := range all {
		n += k.width
	}
	return n
}

// clusters splits a text into what can stand in cells.
func (c *Canvas) clusters(text string) (all []cluster) {
	if isPlain(text) {
		all = make([]cluster, len(text))
		for i := range len(text) {
			all[i] = cluster{text[i : i+1], 1}
		}
		return all
	}
	for g := uniseg.NewGraphemes(console.Printable(text)); g.Next(); {
		k := cluster{g.Str(), g.Width()}
		switch {
		case c.glyphs.ascii && !isASCII(k.text):
			k = cluster{"?", 1}
		case k.width == 0: // a mark without a letter
			k = cluster{"\uFFFD", 1}
		}
		all = append(all, k)
	}
	return all
}

// isPlain reports whether each byte of a text is a character of one column.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 126 }) < 0
}

// Text returns the lines, without spaces at their ends.
func (c *Canvas) Text() string {
	var b strings.Builder
	for y := range c.Lines {
		var line strings.Builder
		for _, k := range c.cells[y*c.Columns : (y+1)*c.Columns] {
			line.WriteString(k.text)
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Styles returns a letter for the style of each cell: the first one of its name, in lower case; a space for Plain.
func (c *Canvas) Styles() string {
	var b strings.Builder
	for y := range c.Lines {
		var line strings.Builder
		for _, k := range c.cells[y*c.Columns : (y+1)*c.Columns] {
			line.WriteByte(" fsgnocb"[k.style])
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}
