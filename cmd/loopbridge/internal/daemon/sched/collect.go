package sched

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

// The garbage collection of Go looks at the stack of a thread while that sleeps in a system
// call; a thread that wakes up meanwhile spins until the look is over. A real-time one never
// lets go of its processor: where that is the one on which the collection runs, as on a computer
// that has no other, it spins until the kernel holds real-time threads back, for up to two
// seconds. So the collection does not come when the heap has grown, but when this has made
// ordinary threads of all, with a little priority: more would make them wait longer for the
// collection that they interrupt (measured on one processor of 250 MIPS, with 3 x 480 frames in
// mind: niceness 0, -8, -20 wait for 19, 23, 309 ms at most).
const (
	collectNice = -8
	// growth is how much the heap grows at least between two collections, and excess where
	// the runtime takes it into its own hands, as after a burst of requests, bytes.
	growth = 8 << 20
	excess = 64 << 20
	// How long until the next look at the heap: as long as it may take to grow.
	soonLook, lateLook = 50 * time.Millisecond, time.Minute
)

// collect looks after the heap of a process with real-time threads for as long as that runs.
func (r *Threads) collect() {
	var c collector
	r.asOrdinary(func() { // each of these stops the world, which looks at threads likewise
		debug.SetGCPercent(-1)
		runtime.GC() // the one that goes on ends
		c.live = heap()
		debug.SetMemoryLimit(int64(c.live) + excess)
	})
	for pause := soonLook; ; {
		time.Sleep(pause)
		now := heap()
		if now >= c.threshold() {
			r.asOrdinary(func() {
				runtime.GC()
				now = heap()
				debug.SetMemoryLimit(int64(2*now) + excess)
			})
			c.live, c.before = now, now
		}
		pause = c.pause(pause, now)
	}
}

// collector is when to collect: sizes of the heap in bytes.
type collector struct {
	live   uint64 // after the last collection
	before uint64 // at the last look
}

// threshold returns how large the heap may become.
func (c *collector) threshold() uint64 { return c.live + max(c.live, growth) }

// pause returns the time until the next look, half of what the heap needs to reach the threshold if
// it grows as it did in the time before.
func (c *collector) pause(last time.Duration, now uint64) time.Duration {
	grown := now - min(now, c.before)
	c.before = now
	next := lateLook
	if left := c.threshold() - min(c.threshold(), now); grown > 0 {
		next = time.Duration(float64(last) * float64(left) / float64(grown) / 2)
	}
	return max(soonLook, min(next, 2*last, lateLook))
}

// heap returns the size of all objects, with those that nobody uses any more.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// asOrdinary calls f while no thread is real-time. One that has lost its priority for good
// stays as it is.
func (r *Threads) asOrdinary(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	type former struct {
		thread, priority int
		policy           uint32
	}
	var all []former
	threads := append([]int(nil), r.threads...)
	for _, thread := range r.helpers {
		threads = append(threads, thread)
	}
	for _, thread := range threads {
		was, err := unix.SchedGetAttr(thread, 0)
		if err != nil || was.Policy == unix.SCHED_NORMAL {
			continue // it has ended, or is ordinary
		}
		for _, nice := range []int32{collectNice, 0} { // the second may be all that is permitted
			attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: nice, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
			if unix.SchedSetAttr(thread, &attr, 0) == nil {
				all = append(all, former{thread, int(was.Priority), was.Policy})
				break
			}
		}
	}
	f()
	for _, t := range all {
		_ = schedule(t.thread, t.policy, t.priority) // one that has ended needs none
	}
}
