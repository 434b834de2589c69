package rtptest

import (
	"container/heap"
	"slices"
	"time"
)

// Link carries datagrams one way, with faults. Equal seeds and equal datagrams at equal times make equal deliveries.
type Link struct {
	chance chance
	way    inFlight
	last   time.Duration // when the last one comes that kept its place
	newest uint64        // the number of the latest one that was sent and delivered
	counts Counts
}

// Counts is what has happened on a link.
type Counts struct {
	Sent, Lost, Duplicated uint64
	HeldBack               uint64
	Delivered              uint64 // with the duplicates
	Overtaken              uint64 // delivered after one that was sent later
}

// NewLink returns a link.
func NewLink(f Fault, seed uint64) *Link { return &Link{chance: newChance(f, seed)} }

// Send gives a datagram to the link at a time, which must not decrease. The link keeps a copy.
func (l *Link) Send(at time.Duration, datagram []byte) {
	l.counts.Sent++
	lost := l.chance.loses(at)
	delay, held := l.chance.delay()
	repeated := l.chance.repeats()
	if lost {
		l.counts.Lost++
		return
	}
	if held {
		l.counts.HeldBack++
	}
	l.put(at+delay, held, datagram)
	if repeated {
		l.counts.Duplicated++
		delay, held := l.chance.delay()
		l.put(at+delay, held, datagram)
	}
}

func (l *Link) put(due time.Duration, held bool, datagram []byte) {
	if l.chance.fault.InOrder && !held {
		due = max(due, l.last)
		l.last = due
	}
	heap.Push(&l.way, flight{due: due, number: l.counts.Sent, order: l.counts.Sent + l.counts.Duplicated, bytes: slices.Clone(datagram)})
}

// Next returns when the next datagram comes; ok is false if none is on its way.
func (l *Link) Next() (at time.Duration, ok bool) {
	if len(l.way) == 0 {
		return 0, false
	}
	return l.way[0].due, true
}

// Receive takes the next datagram, if it has come by a time, and returns when that was. The caller owns it.
func (l *Link) Receive(by time.Duration) (datagram []byte, at time.Duration, ok bool) {
	if len(l.way) == 0 || l.way[0].due > by {
		return nil, 0, false
	}
	f := heap.Pop(&l.way).(flight)
	l.counts.Delivered++
	if f.number < l.newest {
		l.counts.Overtaken++
	}
	l.newest = max(l.newest, f.number)
	return f.bytes, f.due, true
}

// Counts returns what has happened so far.
func (l *Link) Counts() Counts { return l.counts }

// flight is a datagram on its way.
type flight struct {
	due    time.Duration
	number uint64 // of what was sent
	order  uint64 // of what is to come at the same time
	bytes  []byte
}

// inFlight implements heap.Interface.
type inFlight []flight

func (w inFlight) Len() int { return len(w) }
func (w inFlight) Less(i, j int) bool {
	return w[i].due < w[j].due || w[i].due == w[j].due && w[i].order < w[j].order
}
func (w inFlight) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *inFlight) Push(x any)   { *w = append(*w, x.(flight)) }
func (w *inFlight) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}
