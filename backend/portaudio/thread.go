//go:build portaudio && cgo

package portaudio

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// thread is PortAudio's, on which it calls back: a new one at each start.
type thread struct {
	calling atomic.Int32 // its id, 0: it has not called since it was to begin
	known   int32        // the engine's: that was told of

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

// demote makes an ordinary thread of one that does not call back: PortAudio spins while a
// card is away, and would take the machine with it.
func (t *thread) demote() {
	if t.known != 0 {
		_ = unix.SchedSetAttr(int(t.known), &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0) // one that has ended needs none
		t.known = 0
	}
}

func (t *thread) close() {
	if t.ids != nil {
		close(t.ids)
	}
	t.wait.Wait()
}
