package backend

import (
	"sync"
	"time"
)

// Attempt makes a call that may hang, on a goroutine of its own, and waits for it. It reports
// false if the call has not returned after limit: it is given up, and late, if there is one,
// follows it on its goroutine whenever it does return. What the call writes may be read only
// after true, or in late. Any goroutine may call it; it allocates.
func Attempt(limit time.Duration, call, late func()) (done bool) {
	a := NewAttempted()
	go a.Run(call, late)
	return a.Wait(limit)
}

// Attempted is a call that may hang, between the goroutine that makes it and the one that
// waits for it.
type Attempted struct {
	returned chan struct{}
	mu       sync.Mutex
	settled  bool // given up, or returned in time
}

// NewAttempted is for one Run and one Wait.
func NewAttempted() *Attempted { return &Attempted{returned: make(chan struct{})} }

// Run makes the call. late follows it where nobody waits any more; it may be nil.
func (a *Attempted) Run(call, late func()) {
	call()
	if a.settle() {
		close(a.returned)
	} else if late != nil {
		late()
	}
}

// Wait blocks until the call has returned, or for limit, and reports which.
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

// settle reports true to the first of both sides.
func (a *Attempted) settle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.settled
	a.settled = true
	return first
}
