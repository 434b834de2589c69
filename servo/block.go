package servo

import "math"

// Block sums up the pairs of about a second. It is plain data; only Clock changes it.
type Block struct {
	N            int
	First        int64 // frames of the first pair, which the sums count from
	Begin        int64 // its time
	Frames       float64
	Late, LateSq float64 // lateness against the line, in ns
	Lowest       float64 // the least lateness, and the least but one
	Second       float64
	LowestAt     int64 // frames of the pair with the least lateness
}

func (b *Block) add(frames, at int64, late float64) {
	if b.N == 0 {
		*b = Block{First: frames, Begin: at, Lowest: math.MaxFloat64, Second: math.MaxFloat64}
	}
	b.N++
	b.Frames += float64(frames - b.First)
	b.Late += late
	b.LateSq += late * late
	switch {
	case late < b.Lowest:
		b.Second = b.Lowest
		b.Lowest, b.LowestAt = late, frames
	case late < b.Second:
		b.Second = late
	}
}

// full reports whether the block is to end, on a line of an age.
func (b *Block) full(at, age int64) bool {
	most := normal
	if b.N < enoughPairs {
		most = longest
	}
	return at-b.Begin >= max(shortest, min(most, age/3))
}

// mean returns the mean lateness, the frame to which it belongs, and the variance of one pair.
func (b *Block) mean() (late float64, frames int64, variance float64) {
	n := float64(b.N)
	late = b.Late / n
	return late, b.First + int64(math.Round(b.Frames/n)), max(0, b.LateSq-n*late*late) / (n - 1)
}
