package sched

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

// Go's garbage collector inspects the stack of a thread that sleeps in a system call; a thread
// that wakes up during that spins until it is over. A real-time thread does not yield its
// processor. If the collector needs that processor, as on a machine with only one, the thread
// spins until the kernel throttles real-time threads, for up to two seconds. So a collection does
// not start when the heap has grown but after all threads were made ordinary, with a slight
// priority. More priority would make them wait longer for the collection that they interrupt (on
// one processor of 250 MIPS with 3 x 480 frames: at most 19, 23, 309 ms for niceness 0, -8, -20).
const (
	collectNice = -8
	// growth is how much the heap grows between two collections, and excess where the runtime
	// collects by itself, as after a burst of requests. In bytes.
	growth = 8 << 20
	excess = 64 << 20
	// Limits of the time to the next look at the heap.
	soonLook, lateLook = 50 * time.Millisecond, time.Minute
)

// collect runs the collections of a process with real-time threads. It never returns.
func (r *Threads) collect() {
	var c collector
	r.asOrdinary(func() { // each of these stops the world, which inspects threads likewise
		debug.SetGCPercent(-1)
		runtime.GC() // ends the collection in progress
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

// collector decides when to collect. Heap sizes are in bytes.
type collector struct {
	live   uint64 // after the last collection
	before uint64 // at the last look
}

// threshold returns the heap size at which to collect.
func (c *collector) threshold() uint64 { return c.live + max(c.live, growth) }

// pause returns the time to the next look: half of what the heap needs to reach the threshold at
// its recent growth.
func (c *collector) pause(last time.Duration, now uint64) time.Duration {
	grown := now - min(now, c.before)
	c.before = now
	next := lateLook
	if left := c.threshold() - min(c.threshold(), now); grown > 0 {
		next = time.Duration(float64(last) * float64(left) / float64(grown) / 2)
	}
	return max(soonLook, min(next, 2*last, lateLook))
}

// heap returns the size of all objects, garbage included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// asOrdinary calls f while no thread is real-time. A thread that has lost its priority for good
// stays ordinary.
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
			continue // it has ended or is ordinary
		}
		for _, nice := range []int32{collectNice, 0} { // the first may not be permitted
			attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: nice,
				Flags: unix.SCHED_FLAG_RESET_ON_FORK}
			if unix.SchedSetAttr(thread, &attr, 0) == nil {
				all = append(all, former{thread, int(was.Priority), was.Policy})
				break
			}
		}
	}
	f()
	for _, t := range all {
		_ = schedule(t.thread, t.policy, t.priority) // it may have ended
	}
}
