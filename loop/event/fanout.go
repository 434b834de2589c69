package event

import (
	"sync"
	"sync/atomic"
	"time"
)

// Fanout delivers events to subscriptions without ever waiting for one. The zero value is ready.
// Any goroutine but an engine's may call its methods; they allocate.
type Fanout struct {
	mu     sync.Mutex
	all    map[*Subscription]struct{}
	closed bool
	seen   uint64        // events
	next   chan struct{} // closed at the next event; nil: not asked for
}

// Subscription is a queue of events for one goroutine.
type Subscription struct {
	C <-chan Event // closed by Cancel and Fanout.Close

	fanout *Fanout
	events chan Event
	lost   atomic.Uint64
}

// Subscribe returns a queue of the events from now on. A subscriber that falls more than room
// events behind loses the newest; it never delays anyone.
func (f *Fanout) Subscribe(room int) *Subscription {
	events := make(chan Event, max(1, room))
	s := &Subscription{C: events, fanout: f, events: events}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(events)
		return s
	}
	if f.all == nil {
		f.all = make(map[*Subscription]struct{})
	}
	f.all[s] = struct{}{}
	return s
}

// Lost returns how many events found the queue full.
func (s *Subscription) Lost() uint64 { return s.lost.Load() }

// Cancel ends the subscription. Events already in C can still be received.
func (s *Subscription) Cancel() {
	s.fanout.mu.Lock()
	defer s.fanout.mu.Unlock()
	if _, ok := s.fanout.all[s]; ok {
		delete(s.fanout.all, s)
		close(s.events)
	}
}

// Tell stamps an event with the time and gives it to all subscriptions.
func (f *Fanout) Tell(ev Event) {
	ev.Time = time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.countLocked()
	for s := range f.all {
		select {
		case s.events <- ev:
		default:
			s.lost.Add(1)
		}
	}
}

// Bump makes Revision count a change that is not an event.
func (f *Fanout) Bump() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.countLocked()
}

// Revision returns the number of events so far, and a channel that is closed at the next one. A change is
// visible before its event is counted, so a program that calls Revision first and then looks misses nothing.
func (f *Fanout) Revision() (events uint64, next <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = make(chan struct{})
	}
	return f.seen, f.next
}

// Resume makes the count go on from that of the process before. Call it before anything else.
func (f *Fanout) Resume(events uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = events
}

// Close ends all subscriptions, including later ones.
func (f *Fanout) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.countLocked()
	for s := range f.all {
		close(s.events)
	}
	f.all = nil
}

// countLocked counts an event.
func (f *Fanout) countLocked() {
	f.seen++
	if f.next != nil {
		close(f.next)
		f.next = nil
	}
}
