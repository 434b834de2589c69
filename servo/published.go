package servo

import (
	"math"
	"sync/atomic"
)

// Published hands the estimates of a clock from the thread of its engine to any number of other
// threads. The zero value is ready. It must not be copied.
//
// It is a sequence lock of atomics: the sequence is odd while the writer is at work, and a reader that
// saw it move tries again. Nobody waits for anybody.
type Published struct {
	sequence atomic.Uint64
	words    [14]atomic.Uint64
}

// Store publishes an estimate. Only one goroutine stores; it neither blocks nor allocates.
func (p *Published) Store(e *Estimate) {
	flags := e.Epoch << 3
	if e.Started {
		flags |= 1
	}
	if e.Locked {
		flags |= 2
	}
	if e.Measured {
		flags |= 4
	}
	next := p.sequence.Load() + 1
	p.sequence.Store(next)
	for i, word := range [...]uint64{
		math.Float64bits(e.Nominal), uint64(e.Line.Frames), uint64(e.Line.At), math.Float64bits(e.Line.Phase),
		math.Float64bits(e.Line.Slope), math.Float64bits(e.Sigma), math.Float64bits(e.Jitter),
		math.Float64bits(e.Steered),
		uint64(e.Seen), uint64(e.LockedAt), e.Steps, flags,
		math.Float64bits(e.Spread), math.Float64bits(e.Meant),
	} {
		p.words[i].Store(word)
	}
	p.sequence.Store(next + 1)
}

// Load reads the newest estimate into e, without the variances of its line. It reports false, and
// leaves e as it was, if there is none yet or if the writer was at work in each of a few tries: then
// the one before still holds. It neither blocks nor allocates.
func (p *Published) Load(e *Estimate) bool {
	for range 8 {
		before := p.sequence.Load()
		if before == 0 {
			return false
		}
		if before%2 == 1 {
			continue
		}
		var w [len(p.words)]uint64
		for i := range w {
			w[i] = p.words[i].Load()
		}
		if p.sequence.Load() != before {
			continue
		}
		*e = Estimate{
			Nominal: math.Float64frombits(w[0]),
			Line: Line{Frames: int64(w[1]), At: int64(w[2]), Phase: math.Float64frombits(w[3]),
				Slope: math.Float64frombits(w[4])},
			Sigma: math.Float64frombits(w[5]), Jitter: math.Float64frombits(w[6]), Steered: math.Float64frombits(w[7]),
			Seen: int64(w[8]), LockedAt: int64(w[9]), Steps: w[10],
			Epoch: w[11] >> 3, Started: w[11]&1 != 0, Locked: w[11]&2 != 0, Measured: w[11]&4 != 0,
			Spread: math.Float64frombits(w[12]), Meant: math.Float64frombits(w[13]),
		}
		return true
	}
	return false
}
