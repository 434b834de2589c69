package resample

import "fmt"

// Quality trades the quality of a resampler for its cost.
type Quality uint8

// The qualities; Good is the zero value. The package comment compares them.
const (
	Good Quality = iota
	Fast
	Best
)

// design describes a filter: half its length in frames of the lower rate, the number of phases,
// the shape of the window and the cutoff (−6 dB) as a part of half the rate.
type design struct {
	name   string
	half   int
	phases int
	shape  float64
	cutoff float64
}

// designs is indexed by Quality. Shape and cutoff are the best that a search over both found, for
// each length, for the figures of the package comment.
var designs = [...]design{
	Good: {"good", 40, 128, 15.5, 0.975},
	Fast: {"fast", 17, 32, 9, 0.975},
	Best: {"best", 100, 128, 15.5, 1},
}

// Qualities returns all qualities, cheapest first.
func Qualities() []Quality { return []Quality{Fast, Good, Best} }

// String returns the name that the configuration uses.
func (q Quality) String() string {
	if int(q) >= len(designs) {
		return fmt.Sprintf("quality(%d)", uint8(q))
	}
	return designs[q].name
}
