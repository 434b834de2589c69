package event

import (
	"sync"
	"sync/atomic"
	"time"
)

// Fanout hands events to subscriptions, and never waits for one. The zero value is ready. Its
// methods are for any goroutine but an engine's; they allocate.
type Fanout struct {
	mu     sync.Mutex
	all    map[*Subscription]struct{}
	closed bool
	seen   uint64        // events
	next   chan struct{} // closed at the next; nil: nobody waits
}

// Subscription is a queue of events that one goroutine receives from.
type Subscription struct {
	C <-chan Event // closed by Cancel, and by Fanout.Close

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

// Lost counts the events that there was no room for.
func (s *Subscription) Lost() uint64 { return s.lost.Load() }

// Cancel ends the subscription. What waits in C can still be received.
func (s *Subscription) Cancel() {
	s.fanout.mu.Lock()
	defer s.fanout.mu.Unlock()
	if _, ok := s.fanout.all[s]; ok {
		delete(s.fanout.all, s)
		close(s.events)
	}
}

// Tell gives an event, stamped with the time, to all subscriptions.
func (f *Fanout) Tell(ev Event) {
	ev.Time = time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count()
	for s := range f.all {
		select {
		case s.events <- ev:
		default:
			s.lost.Add(1)
		}
	}
}

// Bump counts what is no event, for those who look at Seen.
func (f *Fanout) Bump() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count()
}

// Seen returns how many events there were, and a channel that is closed at the next one. An
// event is counted after what it tells has happened, or while that cannot be looked at yet:
// who asks first, and then looks, misses nothing.
func (f *Fanout) Seen() (events uint64, next <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = make(chan struct{})
	}
	return f.seen, f.next
}

// Close ends all subscriptions, those to come, too.
func (f *Fanout) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.count()
	for s := range f.all {
		close(s.events)
	}
	f.all = nil
}

// count counts an event. The caller holds mu.
func (f *Fanout) count() {
	f.seen++
	if f.next != nil {
		close(f.next)
		f.next = nil
	}
}
