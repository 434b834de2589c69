package server

import (
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// rest lets the goroutines that read and accept stand still, each between two requests, while the daemon is handed over.
// Deadlines wake them.
type rest struct {
	mu     sync.Mutex
	thaw   chan struct{} // closed when they may go on; nil: nobody is to stand still
	stands int           // goroutines that do
	step   chan struct{} // closed, and made anew, when that changes
}

// longAgo is a deadline that has passed.
func longAgo() time.Time { return time.Unix(1, 0) }

// deadline sets the deadline of a reader, which is at rest if all are.
func (r *rest) deadline(limit time.Time, set func(time.Time) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.thaw != nil {
		limit = longAgo()
	}
	_ = set(limit) // fails if the connection is closed, as the next read does
}

// stand blocks while all are to stand still. It reports whether they were.
func (r *rest) stand() bool {
	r.mu.Lock()
	thaw := r.thaw
	if thaw == nil {
		r.mu.Unlock()
		return false
	}
	r.countLocked(1)
	r.mu.Unlock()
	<-thaw
	return true
}

// countLocked counts goroutines that stand still, or ended instead.
func (r *rest) countLocked(n int) {
	r.stands += n
	if r.step != nil {
		close(r.step)
	}
	r.step = make(chan struct{})
}

// moved tells that a goroutine ended.
func (r *rest) moved() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.countLocked(0)
}

// freeze begins it. wake sets the deadlines of all; it is called with the rest locked.
func (r *rest) freeze(wake func()) (thaw func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.thaw, r.stands = make(chan struct{}), 0
	wake()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		close(r.thaw)
		r.thaw = nil
	}
}

// await blocks until as many goroutines stand still as there are. ErrBusy: one does not in time.
func (r *rest) await(there func() int, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		n := there()
		r.mu.Lock()
		stands := r.stands
		if r.step == nil {
			r.step = make(chan struct{})
		}
		step := r.step
		r.mu.Unlock()
		if stands >= n && n == there() {
			return nil
		}
		select {
		case <-step:
		case <-timer.C:
			return audio.ErrBusy.With("%d of %d connections are still at work; try again", n-stands, n)
		}
	}
}
