package probe

import (
	"math"
	"slices"
)

// alignment relates the positions of two ends: those that the engines had at one time.
type alignment struct {
	same   bool    // one engine has both ends
	offset float64 // same: of a recorded position from a played one

	played, recorded straight // else: by time
}

// recordedAt returns the recorded position that belongs to a played one.
func (a alignment) recordedAt(played float64) uint64 {
	at := played + a.offset
	if !a.same {
		at = a.recorded.at(a.played.when(played))
	}
	return uint64(max(0, math.Round(at)))
}

// playedAt returns the played position that belongs to a recorded one.
func (a alignment) playedAt(recorded uint64) float64 {
	if a.same {
		return float64(recorded) - a.offset
	}
	return a.played.at(a.recorded.when(float64(recorded)))
}

// align relates the cycles of two ends. Those of one engine have the same times; a position that was read in the
// midst of a cycle is one off, so most must agree. errDisturbed: they do not.
func align(played, recorded []cycle, since uint64) (alignment, error) {
	at := make(map[int64]uint64, len(recorded))
	for _, c := range recorded {
		at[c.ns] = c.position
	}
	var offsets []int
	matches := 0
	for _, c := range played {
		r, both := at[c.ns]
		if both {
			matches++
		}
		if both && c.position >= since {
			offsets = append(offsets, int(int64(r)-int64(c.position)))
		}
	}
	if matches*4 < min(len(played), len(recorded)) {
		return alignClocks(played, recorded, since)
	}
	if len(offsets) == 0 {
		return alignment{}, errDisturbed
	}
	usual := middle(offsets)
	agree := 0
	for _, o := range offsets {
		if o >= usual-1 && o <= usual+1 { // rates that differ round
			agree++
		}
	}
	if agree*10 < len(offsets)*8 || lost(played, since) {
		return alignment{}, errDisturbed
	}
	return alignment{same: true, offset: float64(usual)}, nil
}

// lost reports whether an engine has lost frames since a position: it then goes on at a later time.
func lost(cycles []cycle, since uint64) bool {
	cycles = slices.DeleteFunc(slices.Clone(cycles), func(c cycle) bool { return c.position < since })
	return len(cycles) >= fewest && through(cycles).broken(cycles)
}

// alignClocks is align for two engines, by the times of their cycles. errDisturbed: one of them has lost frames
// meanwhile, so that there is no line, or there are too few cycles.
func alignClocks(played, recorded []cycle, since uint64) (a alignment, err error) {
	first := slices.IndexFunc(played, func(c cycle) bool { return c.position >= since })
	if first < 0 {
		return a, errDisturbed
	}
	begin := slices.IndexFunc(recorded, func(c cycle) bool { return c.ns >= played[first].ns })
	if begin < 0 {
		return a, errDisturbed
	}
	played, recorded = played[first:], recorded[begin:]
	if min(len(played), len(recorded)) < fewest {
		return a, errDisturbed
	}
	a = alignment{played: through(played), recorded: through(recorded)}
	if a.played.broken(played) || a.recorded.broken(recorded) {
		return a, errDisturbed
	}
	return a, nil
}

// fewest cycles that make a line.
const fewest = 8

// straight is a position that grows with time, in ns.
type straight struct{ ns, position, slope float64 }

func (s straight) at(ns float64) float64         { return s.position + (ns-s.ns)*s.slope }
func (s straight) when(position float64) float64 { return s.ns + (position-s.position)/s.slope }

// through returns the straight line that is nearest to cycles, but for those far beside it.
func through(cycles []cycle) straight {
	line := guess(cycles)
	for range 3 {
		far := max(1, 5*line.beside(cycles))
		cycles = slices.DeleteFunc(slices.Clone(cycles), func(c cycle) bool { return line.off(c) > far })
		line = fit(cycles)
	}
	return line
}

// guess returns the line of most cycles, whatever steps there are between them and others: the usual slope, at the
// usual height.
func guess(cycles []cycle) straight {
	apart := max(1, len(cycles)/8)
	slopes := make([]float64, 0, len(cycles))
	for i, c := range cycles[:len(cycles)-apart] {
		far := cycles[i+apart]
		slopes = append(slopes, float64(int64(far.position)-int64(c.position))/float64(far.ns-c.ns))
	}
	slices.Sort(slopes)
	line := straight{ns: float64(cycles[0].ns), slope: slopes[len(slopes)/2]}
	heights := make([]float64, len(cycles))
	for i, c := range cycles {
		heights[i] = float64(c.position) - line.at(float64(c.ns))
	}
	slices.Sort(heights)
	line.position = heights[len(heights)/2]
	return line
}

// off returns by how many frames a cycle is beside the line.
func (s straight) off(c cycle) float64 { return math.Abs(s.at(float64(c.ns)) - float64(c.position)) }

// beside returns by how many frames most cycles are beside the line, at least: half of them may be on another line.
func (s straight) beside(cycles []cycle) float64 {
	off := make([]float64, len(cycles))
	for i, c := range cycles {
		off[i] = s.off(c)
	}
	slices.Sort(off)
	return off[len(off)*2/5]
}

// broken reports whether cycles are on more than one line: not as near to it at their begin or end as they usually
// are. A position that was read in the midst of a cycle is beside the line by itself.
func (s straight) broken(cycles []cycle) bool {
	far := max(2, 5*s.beside(cycles))
	fifth := len(cycles)/5 + 1
	return s.beside(cycles[:fifth]) > far || s.beside(cycles[len(cycles)-fifth:]) > far
}

// fit returns the line of least squares.
func fit(cycles []cycle) (s straight) {
	n := float64(len(cycles))
	for _, c := range cycles {
		s.ns += float64(c.ns) / n
		s.position += float64(c.position) / n
	}
	both, square := 0.0, 0.0
	for _, c := range cycles {
		x := float64(c.ns) - s.ns
		both += x * (float64(c.position) - s.position)
		square += x * x
	}
	s.slope = both / square
	return s
}
