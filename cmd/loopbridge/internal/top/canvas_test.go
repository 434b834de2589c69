package top

import (
	"strings"
	"testing"
)

// Names of programs and loops may have any Unicode: none moves what is beside them, or controls the terminal.
func TestTextTakesItsColumns(t *testing.T) {
	for _, k := range []struct {
		text    string
		columns int
		ascii   bool
		want    string
	}{
		{"loop0", 8, false, "loop0   |"},
		{"loop0123456", 8, false, "loop012…|"},
		{"loop0123456", 8, true, "loop01..|"},
		{"実験室の音", 8, false, "実験室… |"}, // a wide character does not stand half
		{"実験室", 6, false, "実験室|"},
		{"実験室", 6, true, "???   |"},
		{"Cafe\u0301", 8, false, "Cafe\u0301    |"},
		{"\u0301x", 4, false, "\uFFFDx  |"}, // a mark without a letter
		{"a\x1b[2Jb\nc\td", 10, false, "a\uFFFD[2Jb\uFFFDc\uFFFDd|"},
		{"a\u202eb\u200bc", 6, false, "a\uFFFDb\uFFFDc |"}, // neither does one turn the line round
		{"👩\u200d🔬 lab", 10, false, "👩\uFFFD🔬 lab |"},
		{"\xff\xfe", 4, false, "\uFFFD\uFFFD  |"},
		{"", 3, false, "   |"},
		{"anything", 0, false, "|"},
	} {
		c := NewCanvas(k.columns+1, 1, k.ascii)
		took := c.Put(0, 0, k.columns, k.text, Plain)
		c.Put(k.columns, 0, 1, "|", Plain)
		if got := strings.TrimSuffix(c.Text(), "\n"); got != k.want || took > k.columns {
			t.Errorf("%q in %d columns is %q, and took %d; want %q", k.text, k.columns, got, took, k.want)
		}
	}
}

// What is put outside is cut off.
func TestCanvasHasAnEdge(t *testing.T) {
	c := NewCanvas(4, 2, false)
	for _, at := range [][2]int{{-1, 0}, {0, -1}, {4, 0}, {0, 2}, {3, 1}, {2, 0}} {
		c.Put(at[0], at[1], 9, "実験室", Over)
		c.Fill(at[0], at[1], 9, 9, Plain)
		c.Put(at[0], at[1], 9, "xyz", Over)
	}
	if got, want := c.Text(), "  x…\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := c.Styles(), "  oo\n\n"; got != want {
		t.Errorf("the styles are %q, want %q", got, want)
	}
	for _, size := range [][2]int{{0, 0}, {-1, 5}, {5, -1}, {1, 1}} {
		m := Model{Columns: size[0], Lines: size[1]}
		Draw(&m) // without a panic
	}
}
