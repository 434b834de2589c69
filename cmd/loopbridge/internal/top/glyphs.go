package top

// glyphs are the characters that screens are drawn with.
type glyphs struct {
	ascii    bool
	eighths  []string // of a cell from the left, the last is full
	rising   []string // eighths from below
	soft     string   // between RMS and peak
	hold     string   // the highest peak of the last seconds
	empty    string   // of a bar
	line     string
	frame    [5]string // its corners, from the upper left on, and its sides
	chosen   string
	ellipsis string
	arrow    string // from a source to a sink
	dot      string // between words
	on, off  string // a box that is ticked, and not
	raised   string
	unknown  string
}

func unicodeGlyphs() *glyphs {
	return &glyphs{
		eighths: []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
		rising:  []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		soft:    "░", hold: "│", empty: " ", line: "─", frame: [5]string{"┌", "┐", "└", "┘", "│"}, chosen: "▶", ellipsis: "…", arrow: "→", dot: "·",
		on: "●", off: "○", raised: "▲", unknown: "–",
	}
}

func asciiGlyphs() *glyphs {
	return &glyphs{
		ascii:   true,
		eighths: []string{"#"},
		rising:  []string{".", "-", "=", "#"},
		soft:    "-", hold: "|", empty: " ", line: "-", frame: [5]string{"+", "+", "+", "+", "|"}, chosen: ">", ellipsis: "..", arrow: "->", dot: ",",
		on: "*", off: "o", raised: "!", unknown: "-",
	}
}
