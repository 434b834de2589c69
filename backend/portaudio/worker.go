package portaudio

import (
	"runtime"
	"time"

	"github.com/loopbridge/loopbridge/backend"
)

// worker is the thread that makes all calls of PortAudio, one at a time: the library is not
// made for several, and it gives the reason of a failure only to the thread that
// initialised it.
type worker struct {
	calls chan func()
	ended chan struct{}
}

// newWorker starts the thread. close ends it.
func newWorker() *worker {
	w := &worker{calls: make(chan func()), ended: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		defer close(w.ended)
		for call := range w.calls {
			call()
		}
	}()
	return w
}

// do calls f on the thread, and waits until it has returned, or for limit; then it reports
// false, late follows f there, and the worker must not be used any more. For one goroutine at
// a time.
func (w *worker) do(limit time.Duration, f, late func()) bool {
	a := backend.NewAttempted()
	w.calls <- func() { a.Run(f, late) }
	return a.Wait(limit)
}

// close ends a worker that does nothing, and waits for it; leave one that hangs ends
// when it does no longer.
func (w *worker) close() {
	close(w.calls)
	<-w.ended
}

func (w *worker) leave() { close(w.calls) }
