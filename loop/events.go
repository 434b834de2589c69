package loop

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Kind is what happened (D26).
type Kind uint8

// The kinds of event. An xrun is reported when the sticky error flag of its end, or of the
// device, goes up, not again for each repeat. A device's events come with the changes of
// its state; it is open from its first client to its last.
const (
	Opened     Kind = iota + 1 // an end was opened
	Closed                     // its program closed it, or died
	Waiting                    // a client has begun to wait for its turn
	FormatSet                  // the server has set the loop's format
	Set                        // somebody has set the state of an end, or a device
	Underrun                   // the end's program wrote too late, for the first time
	Overrun                    // the end's program read too late, for the first time
	ClientGone                 // the last of a client's frames is delivered or dropped
	EOF                        // an eof mark was reached (D21)
	Gone                       // the device is of no more use, or its card has gone and another stands in
	Back                       // its card is there again
)

// kinds is indexed by Kind.
var kinds = [...]string{
	Opened: "open", Closed: "close", Waiting: "waiting", FormatSet: "format", Set: "set",
	Underrun: "underrun", Overrun: "overrun", ClientGone: "client gone", EOF: "eof", Gone: "gone", Back: "back",
}

// String is the event in a word.
func (k Kind) String() string {
	if k > 0 && int(k) < len(kinds) {
		return kinds[k]
	}
	return "unknown"
}

// Event is something that happened to a loop, or to a device.
type Event struct {
	Time    time.Time
	Kind    Kind
	Loop    string
	End     pcm.Role
	Holder  pcm.Holder
	Device  string         // instead of Loop, End and Holder
	Changes []audio.Change // of a device, and of Set; not to be changed
	Note    string         // why a device is Gone, and what it runs on when it is Back
}

// Subscription is a queue of events that one goroutine receives from.
type Subscription struct {
	C <-chan Event // closed by Cancel, and with the Patchbay

	bus    *bus
	events chan Event
	lost   atomic.Uint64
}

// Subscribe gives events from now on. One who does not keep up, with room of them
// waiting, loses the newest; nobody waits for him.
func (b *Patchbay) Subscribe(room int) *Subscription {
	events := make(chan Event, max(1, room))
	s := &Subscription{C: events, bus: &b.bus, events: events}
	b.bus.mu.Lock()
	defer b.bus.mu.Unlock()
	if b.bus.closed {
		close(events)
		return s
	}
	if b.bus.all == nil {
		b.bus.all = make(map[*Subscription]struct{})
	}
	b.bus.all[s] = struct{}{}
	return s
}

// Lost counts the events that there was no room for.
func (s *Subscription) Lost() uint64 { return s.lost.Load() }

// Cancel ends the subscription.
func (s *Subscription) Cancel() {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if _, ok := s.bus.all[s]; ok {
		delete(s.bus.all, s)
		close(s.events)
	}
}

// bus hands events to the subscriptions.
type bus struct {
	mu     sync.Mutex
	all    map[*Subscription]struct{}
	closed bool
	seen   uint64        // events
	next   chan struct{} // closed at the next; nil: nobody waits
}

// emit tells everybody what happened to the loop, under the rules of tell.
func (l *Loop) emit(ev Event) {
	ev.Loop = l.spec.Name
	l.bay.tell(ev)
}

// tell gives an event of now to all subscriptions. From control goroutines and the
// reporter, never from the engine.
func (p *Patchbay) tell(ev Event) {
	ev.Time = time.Now()
	b := &p.bus
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count()
	for s := range b.all {
		select {
		case s.events <- ev:
		default:
			s.lost.Add(1)
		}
	}
}

// Seen is how many events there were, and a channel that is closed at the next one. Loops
// that come and go count, too. An event is counted after what it tells has happened, or
// while that cannot be looked at yet: who asks first, and then looks, misses nothing.
func (p *Patchbay) Seen() (events uint64, next <-chan struct{}) {
	b := &p.bus
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.seen, b.next
}

// count counts an event. The caller holds b.mu.
func (b *bus) count() {
	b.seen++
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// stir counts what is no Event.
func (b *bus) stir() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count()
}

func (b *bus) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.count()
	for s := range b.all {
		close(s.events)
	}
	b.all = nil
}
