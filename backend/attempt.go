package backend

import (
	"sync"
	"time"
)

// Attempt runs a call that may hang on a goroutine of its own, and blocks until it returns or limit has
// passed. done is false after limit; when the call returns later, late, unless nil, runs on its goroutine.
// Read what the call wrote only after true, or in late. Any goroutine may call Attempt; it allocates.
func Attempt(limit time.Duration, call, late func()) (done bool) {
	a := NewAttempted()
	go a.Run(call, late)
	return a.Wait(limit)
}

// Attempted is a call that may hang, shared by the goroutine that makes it and the one that waits for it.
type Attempted struct {
	returned chan struct{}
	mu       sync.Mutex
	settled  bool // it returned in time, or was given up
}

// NewAttempted returns one for a single Run and a single Wait.
func NewAttempted() *Attempted { return &Attempted{returned: make(chan struct{})} }

// Run makes the call. If Wait has given it up, late, unless nil, follows.
func (a *Attempted) Run(call, late func()) {
	call()
	if a.settle() {
		close(a.returned)
	} else if late != nil {
		late()
	}
}

// Wait blocks until the call has returned, which it reports as true, or for limit.
func (a *Attempted) Wait(limit time.Duration) (done bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-a.returned:
		return true
	case <-timer.C:
		return !a.settle()
	}
}

// settle returns true to the first of the two sides.
func (a *Attempted) settle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.settled
	a.settled = true
	return first
}
