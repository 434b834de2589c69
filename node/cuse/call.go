package cuse

import (
	"context"
	"time"
)

// call is a request that may sleep, and the goroutine that answers it: both are used again, since to make them takes longer
// than most calls.
type call struct {
	request
	packet []byte // that has the request
	ctx    interruption
	over   bool          // interrupted by Close; guarded by Conn.mu
	begin  chan struct{} // latched: there is another request
	small  [outHeaderBytes + ioctlOutBytes]byte
}

// interruption is a context that ends with a signal of the program, and that is used again.
type interruption struct {
	done  chan struct{}
	ended bool // guarded by Conn.mu
}

// Deadline implements context.Context.
func (*interruption) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (i *interruption) Done() <-chan struct{} { return i.done }

// Err implements context.Context.
func (i *interruption) Err() error {
	select {
	case <-i.done:
		return context.Canceled
	default:
		return nil
	}
}

// Value implements context.Context.
func (*interruption) Value(any) any { return nil }

// endLocked ends the context. It needs Conn.mu.
func (i *interruption) endLocked() {
	if !i.ended {
		i.ended = true
		close(i.done)
	}
}

// renewLocked makes it one that has not ended. It needs Conn.mu.
func (i *interruption) renewLocked() {
	if i.ended || i.done == nil {
		i.done, i.ended = make(chan struct{}), false
	}
}

// start gives a request to a goroutine that waits for one, or else to a new one. A kernel never numbers two requests alike;
// the second of such a pair is left out, as nothing could end it.
func (c *Conn) start(r request, packet []byte) {
	c.mu.Lock()
	twice := c.calls[r.unique] != nil
	c.mu.Unlock()
	if twice {
		c.recycle(packet)
		return
	}
	var w *call
	fresh := false
	select {
	case w = <-c.idle:
	default:
		w, fresh = &call{begin: make(chan struct{}, 1)}, true
	}
	w.request, w.packet = r, packet
	c.mu.Lock()
	closed := c.closed
	if !closed {
		w.over = false
		w.ctx.renewLocked()
		c.calls[r.unique] = w
		c.wait.Add(1)
	}
	c.mu.Unlock()
	switch {
	case closed: // and w, if it waits, has been told
		c.refuse(r.unique)
		c.recycle(packet)
	case fresh:
		go c.work(w)
	default:
		w.begin <- struct{}{}
	}
}

// work answers requests, and ends when enough others wait for some, or the node has gone.
func (c *Conn) work(w *call) {
	for {
		c.answer(w)
		c.recycle(w.packet)
		c.wait.Done()
		select {
		case c.idle <- w:
		default:
			return
		}
		select {
		case <-w.begin:
		case <-c.quit:
			return
		}
	}
}
