package portaudio

import (
	"runtime"
	"sync"
	"time"
)

// worker is the thread that makes all calls of PortAudio, one at a time: the library is not
// made for several, and it gives the reason of a failure only to the thread that
// initialised it.
type worker struct {
	calls chan *job
	ended chan struct{}
}

type job struct {
	do   func()
	late func() // after do, when nobody waits for it any more
	done chan struct{}

	mu    sync.Mutex
	given bool // up, or done
}

// newWorker starts the thread. close ends it.
func newWorker() *worker {
	w := &worker{calls: make(chan *job), ended: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		defer close(w.ended)
		for j := range w.calls {
			j.do()
			if j.finish() {
				close(j.done)
			} else if j.late != nil {
				j.late()
			}
		}
	}()
	return w
}

// finish is true for the first of both sides.
func (j *job) finish() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := !j.given
	j.given = true
	return first
}

// do calls f on the thread, and waits until it is back, or for limit; then it is false, late
// follows f there, and the worker must not be used any more. For one goroutine at a time.
func (w *worker) do(limit time.Duration, f, late func()) bool {
	j := &job{do: f, late: late, done: make(chan struct{})}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	w.calls <- j
	select {
	case <-j.done:
		return true
	case <-timer.C:
		return !j.finish()
	}
}

// close ends a worker that does nothing, and waits for it; leave one that hangs ends
// when it does no longer.
func (w *worker) close() {
	close(w.calls)
	<-w.ended
}

func (w *worker) leave() { close(w.calls) }
