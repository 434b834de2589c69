package history

import "math"

// Unknown is the value of a step of which nothing is known: a place that could not be heard, or silence.
const Unknown = math.MinInt16

// column is a ring of the latest values, one for each step, that grows until it has room for a day.
type column struct {
	values []int16
	next   int // where the next one goes, if it is full
}

// add appends a value.
func (c *column) add(v int16) {
	if len(c.values) < Steps {
		c.values = append(c.values, v)
		return
	}
	c.values[c.next] = v
	c.next = (c.next + 1) % Steps
}

// fold returns the latest steps, the oldest first, with the largest known of each group of by; a last group that is not
// whole yet counts.
func (c *column) fold(steps, by int) []int16 {
	n := len(c.values)
	steps = min(steps, n)
	all := make([]int16, 0, (steps+by-1)/by)
	for at := n - steps; at < n; at += by {
		most := int16(Unknown)
		for i := at; i < min(at+by, n); i++ {
			most = max(most, c.values[(c.next+i)%n])
		}
		all = append(all, most)
	}
	return all
}

// clamp rounds x to a value that is known, or returns Unknown for what is no number.
func clamp(x float64) int16 {
	if math.IsNaN(x) || math.IsInf(x, -1) {
		return Unknown
	}
	return int16(math.Round(min(max(x, Unknown+1), math.MaxInt16)))
}
