package loop

import (
	"math/bits"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/backend"
)

// Timing says how punctual an engine is, while it has a clock for that (EngineOptions.Now). The engine records;
// any goroutine may load.
type Timing struct {
	Late  Histogram // from the time of a tick until the engine woke up for it
	Cycle Histogram // from that moment to the end of the cycle

	now func() int64 // in ns, the clock of the ticks; nil: there is none
}

// wake returns when the engine woke up.
func (t *Timing) wake() int64 {
	if t.now == nil {
		return 0
	}
	return t.now()
}

// count records a cycle that has ended. due: the tick was one of the clock, and not only a wake-up.
func (t *Timing) count(tick *backend.Tick, woke int64, due bool) {
	if t.now == nil {
		return
	}
	if due {
		t.Late.record(woke - tick.Time)
	}
	t.Cycle.record(t.now() - woke)
}

// Buckets is how many bounds a Histogram has.
const Buckets = 20

// Bound returns the upper bound of a bucket, in ns: 1 µs, and each next one is twice as long, up to half a second.
func Bound(bucket int) int64 { return 1000 << bucket }

// Histogram counts durations in buckets. One goroutine records, which allocates nothing and takes no lock.
type Histogram struct {
	counts [Buckets + 1]atomic.Uint64 // the last: longer than all bounds
	sum    atomic.Int64
}

// record counts a duration in ns; a negative one is 0.
func (h *Histogram) record(ns int64) {
	ns = max(0, ns)
	bucket := 0
	if ns > 0 {
		bucket = min(Buckets, bits.Len64(uint64(ns-1)/1000))
	}
	h.counts[bucket].Add(1)
	h.sum.Add(ns)
}

// Load returns how many durations are in each bucket and above all bounds, and their sum in ns. The count may be ahead of
// the sum by one duration, while the engine records.
func (h *Histogram) Load() (counts [Buckets + 1]uint64, sum int64) {
	sum = h.sum.Load()
	for i := range h.counts {
		counts[i] = h.counts[i].Load()
	}
	return counts, sum
}
