package backendtest

import (
	"slices"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/backend"
)

// Opener opens a stopped stream as wished, or returns why it cannot.
type Opener = func(wish backend.Config) (backend.Stream, error)

// Dying wraps a stream that breaks after a number of frames: the first Wait with a position beyond
// them fails with err, and from then on every call but Stop, Close, Wake and Granted. For the
// engine's goroutine; it does not allocate.
func Dying(s backend.Stream, frames uint64, err error) backend.Stream {
	return &dying{Stream: s, after: frames, err: err}
}

type dying struct {
	backend.Stream
	after uint64
	err   error
	dead  bool
}

func (d *dying) Unwrap() backend.Stream { return d.Stream }

func (d *dying) Start() error {
	if d.dead {
		return d.err
	}
	return d.Stream.Start()
}

func (d *dying) Wait() (backend.Tick, error) {
	if d.dead {
		return backend.Tick{}, d.err
	}
	t, err := d.Stream.Wait()
	if err == nil && t.Position > d.after {
		d.dead = true
		return backend.Tick{}, d.err
	}
	return t, err
}

func (d *dying) Read(block []byte) (int, error) {
	if d.dead {
		return 0, d.err
	}
	return d.Stream.Read(block)
}

func (d *dying) Write(block []byte) (int, error) {
	if d.dead {
		return 0, d.err
	}
	return d.Stream.Write(block)
}

// Failing returns an opener that fails the first n times with err and then opens with then; n < 0
// always fails, and then may be nil. Any goroutine may call the opener.
func Failing(n int, err error, then Opener) Opener {
	var opened atomic.Int64
	return func(wish backend.Config) (backend.Stream, error) {
		if n < 0 || opened.Add(1) <= int64(n) {
			return nil, err
		}
		return then(wish)
	}
}

// Hanging wraps a stream whose Start, Stop and Close, if named in calls, block until release is
// closed before they do their work. For the engine's goroutine.
func Hanging(s backend.Stream, release <-chan struct{}, calls ...string) backend.Stream {
	return &hanging{s, release, calls}
}

type hanging struct {
	backend.Stream
	release <-chan struct{}
	calls   []string
}

func (h *hanging) Unwrap() backend.Stream { return h.Stream }

func (h *hanging) hang(call string) {
	if slices.Contains(h.calls, call) {
		<-h.release
	}
}

func (h *hanging) Start() error {
	h.hang("Start")
	return h.Stream.Start()
}

func (h *hanging) Stop() error {
	h.hang("Stop")
	return h.Stream.Stop()
}

func (h *hanging) Close() error {
	h.hang("Close")
	return h.Stream.Close()
}
