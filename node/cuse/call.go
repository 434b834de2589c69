package cuse

import (
	"context"
	"time"
)

// call is a request that may sleep. It is used again, since to make one takes longer than most calls.
type call struct {
	request
	packet []byte // of maxPacket, that has the request
	over   bool   // interrupted by Close; guarded by Conn.mu
	// signalled and shelved say why the context has ended: a signal of the program; a handover, after which the call is made
	// again. Guarded by Conn.mu.
	signalled, shelved bool
	small              [outHeaderBytes + ioctlOutBytes]byte

	Transfer       // of a read or write
	file     *open // of that

	ctx   interruption  // of all others
	begin chan struct{} // latched: there is another request; nil: no goroutine waits for one
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
	if !i.ended && i.done != nil {
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

// begins takes a call for a request and its packet, and returns it with the packet that it had. nil: the request is not to be
// worked on.
func (c *Conn) begins(r request, packet []byte) (w *call, spare []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		c.refuse(r.unique)
		return nil, packet
	case c.calls[r.unique] != nil: // a kernel never numbers two alike, and nothing could end the second
		return nil, packet
	}
	moves := r.moves()
	w = c.spareLocked(moves)
	spare, w.packet = w.packet, packet
	w.request = r
	if moves {
		w.file = c.files[u64(r.body)]
	}
	c.addLocked(w)
	return w, spare
}

// addLocked makes a call one that has no answer yet.
func (c *Conn) addLocked(w *call) {
	w.over, w.signalled, w.shelved = false, false, false
	if !w.moves() {
		w.ctx.renewLocked()
		c.tasks++
	}
	c.calls[w.unique] = w
	c.wait.Add(1)
}

// spareLocked returns a call that is not used: for a transfer, or with a goroutine.
func (c *Conn) spareLocked(moves bool) *call {
	list := &c.idle
	if moves {
		list = &c.free
	}
	if last := len(*list) - 1; last >= 0 {
		w := (*list)[last]
		*list = (*list)[:last]
		return w
	}
	w := &call{packet: make([]byte, maxPacket)}
	if !moves {
		w.begin = make(chan struct{}, 1)
		go c.work(w)
	}
	return w
}

// keep is how many goroutines wait for requests.
const keep = 2

// work answers requests that are no transfers, and ends when enough others wait for some, or the node has gone.
func (c *Conn) work(w *call) {
	for {
		select {
		case <-w.begin:
		case <-c.quit:
			return
		}
		c.answer(w)
		c.mu.Lock()
		c.tasks--
		if w.shelved {
			c.mu.Unlock()
			c.told()
			continue
		}
		waits := len(c.idle) < keep
		if waits {
			c.idle = append(c.idle, w)
		}
		c.mu.Unlock()
		c.told()
		c.wait.Done()
		if !waits {
			return
		}
	}
}
