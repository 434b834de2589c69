//go:build portaudio && cgo

package portaudio

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// thread is the thread on which PortAudio calls back; each start has a new one.
type thread struct {
	calling atomic.Int32 // its id; 0: it has not called back yet

	// Owned by the engine.
	known int32         // id last announced
	used  unix.Timespec // CPU time at the last call of ran

	tell func(id int)
	ids  chan int
	wait sync.WaitGroup
}

// newThread starts a goroutine that passes ids to tell, which may be nil. close ends it.
func newThread(tell func(id int)) *thread {
	t := &thread{tell: tell}
	if tell != nil {
		t.ids = make(chan int, 1)
		t.wait.Go(func() {
			for id := range t.ids {
				tell(id)
			}
		})
	}
	return t
}

// begin expects a new thread.
func (t *thread) begin() {
	t.calling.Store(0)
	t.known = 0
}

// introduce announces a new thread. The engine calls it; it neither blocks nor allocates.
func (t *thread) introduce() {
	id := t.calling.Load()
	if id == t.known || t.tell == nil {
		return
	}
	select {
	case t.ids <- int(id):
		t.known = id
	default: // at the next tick
	}
}

// ran returns the CPU time of the thread since the last call. The engine calls it; it neither
// blocks nor allocates.
func (t *thread) ran() time.Duration {
	const threadClock = 6 // CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED, linux/posix-timers.h
	before := t.used.Nano()
	if err := unix.ClockGettime(^t.calling.Load()<<3|threadClock, &t.used); err != nil {
		return 0 // it has ended
	}
	return time.Duration(t.used.Nano() - before)
}

// demote makes the thread an ordinary one: it spins while its card is away, and a real-time one
// would stop the machine. It stays ordinary until announced again.
func (t *thread) demote() {
	if id := t.calling.Load(); id != 0 && t.tell != nil {
		_ = unix.SchedSetAttr(int(id), &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL},
			0) // no effect after it has ended
		t.known = 0
	}
}

func (t *thread) close() {
	if t.ids != nil {
		close(t.ids)
	}
	t.wait.Wait()
}
