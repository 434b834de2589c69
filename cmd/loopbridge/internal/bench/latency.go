package bench

import (
	"sync/atomic"
	"time"
)

// latencies is a histogram. Any goroutine may call add.
type latencies struct {
	counts [latencySteps + 1]atomic.Uint64
}

const (
	latencyStep  = 20 * time.Microsecond
	latencySteps = 100_000 // up to 2 s; the last step counts all above
)

func (l *latencies) add(ns int64) {
	l.counts[min(max(0, ns/int64(latencyStep)), latencySteps)].Add(1)
}

// latencyCount is a step of the histogram and its count.
type latencyCount [2]uint64

// seen returns the steps with a count, in order.
func (l *latencies) seen() (all []latencyCount) {
	for i := range l.counts {
		if n := l.counts[i].Load(); n > 0 {
			all = append(all, latencyCount{uint64(i), n})
		}
	}
	return all
}

func (l *latencies) merge(seen []latencyCount) {
	for _, c := range seen {
		l.counts[min(c[0], latencySteps)].Add(c[1])
	}
}

// percentile returns the latency in ms that p percent do not exceed, 0 if there is none.
func (l *latencies) percentile(p float64) float64 {
	seen := l.seen()
	total := uint64(0)
	for _, c := range seen {
		total += c[1]
	}
	sum := uint64(0)
	for _, c := range seen {
		if sum += c[1]; float64(sum) >= p/100*float64(total) {
			return float64(c[0]+1) * latencyStep.Seconds() * 1000
		}
	}
	return 0
}
