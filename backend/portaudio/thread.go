//go:build portaudio && cgo

package portaudio

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// thread is PortAudio's, on which it calls back: a new one at each start.
type thread struct {
	calling atomic.Int32 // its id, 0: it has not called since it was to begin

	// The engine's.
	known int32         // that was told of
	used  unix.Timespec // CPU time, when it was asked for last

	tell func(id int)
	ids  chan int
	wait sync.WaitGroup
}

// newThread begins to tell, if there is somebody to be told. close ends it.
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

// introduce tells of a thread that is not known. For the engine; does not block or allocate.
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

// ran is how long it has run since it was asked for that last. For the engine; does not block
// or allocate.
func (t *thread) ran() time.Duration {
	const threadClock = 6 // CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED, linux/posix-timers.h
	before := t.used.Nano()
	if err := unix.ClockGettime(^t.calling.Load()<<3|threadClock, &t.used); err != nil {
		return 0 // it has ended
	}
	return time.Duration(t.used.Nano() - before)
}

// demote makes an ordinary thread of it: PortAudio spins while a card is away, and would take
// the machine with it. One that is ordinary stays so.
func (t *thread) demote() {
	if id := t.calling.Load(); id != 0 && t.tell != nil {
		_ = unix.SchedSetAttr(int(id), &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0) // one that has ended needs none
		t.known = 0
	}
}

func (t *thread) close() {
	if t.ids != nil {
		close(t.ids)
	}
	t.wait.Wait()
}
