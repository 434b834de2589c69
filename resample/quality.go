package resample

import (
	"fmt"
)

// Quality is how good a resampler is, and how long it takes.
type Quality uint8

// The qualities; Good is the zero value. See the table in the package comment.
const (
	Good Quality = iota
	Fast
	Best
)

// design is a filter: the half length in frames of the lower rate, the number of phases,
// the shape of the window and the cutoff (−6 dB) in parts of half the rate.
type design struct {
	name   string
	half   int
	phases int
	shape  float64
	cutoff float64
}

// designs is indexed by Quality. Shape and cutoff are, for each length, the best that a
// search over both found for the figures of the package comment.
var designs = [...]design{
	Good: {"good", 40, 128, 15.5, 0.975},
	Fast: {"fast", 17, 32, 9, 0.975},
	Best: {"best", 100, 128, 15.5, 1},
}

// Qualities returns all of them, the cheapest first.
func Qualities() []Quality { return []Quality{Fast, Good, Best} }

// String is the word of the configuration.
func (q Quality) String() string {
	if int(q) >= len(designs) {
		return fmt.Sprintf("quality(%d)", uint8(q))
	}
	return designs[q].name
}
