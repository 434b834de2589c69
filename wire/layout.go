package wire

// Word is a word in the header of the shared memory.
type Word struct {
	Name   string // as in the table of the package comment
	Offset int    // bytes
	Bits   int
}

// Layout returns the header of the shared memory, ordered by offset, for comparison with
// descriptions in other languages.
func Layout() []Word {
	return []Word{
		{"magic", 0, 32},
		{"version", 4, 32},
		{"capacity", 8, 32},
		{"frame bytes", 12, 32},
		{"rate", 16, 32},
		{"channels", 20, 32},
		{"encoding", 24, 32},
		{"playback", 28, 32},

		{"state", 64, 32},
		{"errno", 68, 32},
		{"starts", 72, 32},
		{"xruns", 76, 32},
		{"daemon", 80, 64},
		{"clock", 88, 64},
		{"xrun frames", 96, 64},
		{"delay", 104, 32},

		{"program", 128, 64},
		{"wake", 136, 64},
	}
}
