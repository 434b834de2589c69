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
		return alignment{played: through(played), recorded: through(recorded)}, nil
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
	if agree*10 < len(offsets)*8 {
		return alignment{}, errDisturbed
	}
	return alignment{same: true, offset: float64(usual)}, nil
}

// straight is a position that grows with time, in ns.
type straight struct{ ns, position, slope float64 }

func (s straight) at(ns float64) float64         { return s.position + (ns-s.ns)*s.slope }
func (s straight) when(position float64) float64 { return s.ns + (position-s.position)/s.slope }

// through returns the straight line that is nearest to cycles, but for those far beside it.
func through(cycles []cycle) straight {
	line := fit(cycles)
	for range 3 {
		off := make([]float64, len(cycles))
		for i, c := range cycles {
			off[i] = math.Abs(line.at(float64(c.ns)) - float64(c.position))
		}
		slices.Sort(off)
		far := max(1, 4*off[len(off)/2])
		cycles = slices.DeleteFunc(slices.Clone(cycles), func(c cycle) bool {
			return math.Abs(line.at(float64(c.ns))-float64(c.position)) > far
		})
		line = fit(cycles)
	}
	return line
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
