package portaudio

import (
	"runtime"
	"time"

	"github.com/loopbridge/loopbridge/backend"
)

// worker is the thread that makes all calls of PortAudio, one at a time. The library allows no
// concurrent calls, and tells the reason of a failure only to the thread that initialised it.
type worker struct {
	calls chan func()
	ended chan struct{}
}

// newWorker starts the thread. close ends it.
func newWorker() *worker {
	w := &worker{calls: make(chan func()), ended: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		defer close(w.ended)
		for call := range w.calls {
			call()
		}
	}()
	return w
}

// do calls f on the thread and waits until it returns or limit has passed. After limit it returns
// false; late then runs when f returns, and the worker must not be used again. One goroutine at a
// time may call it.
func (w *worker) do(limit time.Duration, f, late func()) bool {
	a := backend.NewAttempted()
	w.calls <- func() { a.Run(f, late) }
	return a.Wait(limit)
}

// close ends an idle worker and waits for it; leave lets a hanging one end when its call returns.
func (w *worker) close() {
	close(w.calls)
	<-w.ended
}

func (w *worker) leave() { close(w.calls) }
