package audio

import (
	"math"
	"slices"
)

// SpliceState is where a Splice is: plain data for another process.
type SpliceState struct {
	Last []byte   `json:"last"`           // the last frame that passed
	Left int      `json:"left,omitempty"` // frames of the ramp to go
	From []uint32 `json:"from,omitempty"` // the frame that fades out, as bits of float32, which may be no number
}

// State returns the state between two calls. It allocates.
func (s *Splice) State() SpliceState {
	at := SpliceState{Last: slices.Clone(s.last), Left: s.ramp.left}
	if s.ramp.left > 0 {
		for _, x := range s.ramp.from {
			at.From = append(at.From, math.Float32bits(x))
		}
	}
	return at
}

// Restore makes s go on from a state of a Splice of the same format and length, and reports whether it can be one.
func (s *Splice) Restore(at SpliceState) bool {
	if len(at.Last) != len(s.last) || at.Left < 0 || at.Left > s.ramp.frames || at.Left > 0 && len(at.From) != len(s.ramp.from) {
		return false
	}
	copy(s.last, at.Last)
	s.ramp.left = at.Left
	if at.Left > 0 {
		for i, x := range at.From {
			s.ramp.from[i] = math.Float32frombits(x)
		}
	}
	return true
}
