package rtptest

import (
	"net/netip"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp"
)

// Net is the network and the time of one stream: an rtp.Net in virtual time. Time passes only in Sleep, and at once, so
// hours of a stream take seconds. One goroutine uses it; any may call Wake.
type Net struct {
	// Late says how much too late a Sleep ends, as on a machine with other things to do; nil: never.
	Late func() time.Duration
	// Sent is given what the stream sends, and must not keep it; nil: it is dropped.
	Sent func(path int, at time.Duration, datagram []byte)
	// From is who seems to have sent everything.
	From netip.AddrPort

	links   []*Link
	sources []*source
	now     time.Duration
	wake    chan struct{}
}

// source is a sender on its way to some links.
type source struct {
	sender *Sender
	to     []*Link
	at     time.Duration // of the next packet
	packet []byte
}

// NewNet returns a network whose clock begins at a time. What comes over links[i] comes on path i of the stream.
func NewNet(begin time.Duration, links ...*Link) *Net {
	return &Net{From: netip.MustParseAddrPort("192.0.2.1:5004"), links: links, now: begin, wake: make(chan struct{}, 1)}
}

// Add lets a sender send from now on, each packet over each of some links.
func (n *Net) Add(s *Sender, to ...*Link) {
	s.Start(n.now)
	next := &source{sender: s, to: to}
	next.at, next.packet = s.Next()
	n.sources = append(n.sources, next)
}

// Remove ends a sender.
func (n *Net) Remove(s *Sender) {
	for i, from := range n.sources {
		if from.sender == s {
			n.sources = append(n.sources[:i], n.sources[i+1:]...)
			return
		}
	}
}

// Now implements rtp.Net.
func (n *Net) Now() int64 { return int64(n.now) }

// Sleep implements rtp.Net.
func (n *Net) Sleep(until int64) (woken bool, err error) {
	if until == rtp.Never {
		<-n.wake
		return true, nil
	}
	select {
	case <-n.wake:
		return true, nil
	default:
	}
	late := time.Duration(0)
	if n.Late != nil {
		late = n.Late()
	}
	n.now = max(n.now, time.Duration(until)+late)
	return false, nil
}

// Wake implements rtp.Net.
func (n *Net) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Receive implements rtp.Net.
func (n *Net) Receive(into []rtp.Datagram) (count int, err error) {
	n.send()
	for count < len(into) {
		path, ok := n.first()
		if !ok {
			break
		}
		datagram, at, _ := n.links[path].Receive(n.now)
		into[count] = rtp.Datagram{Data: datagram, At: int64(at), From: n.From, Path: path}
		count++
	}
	return count, nil
}

// send lets all senders send what they have until now, in the order of time.
func (n *Net) send() {
	for {
		var first *source
		for _, s := range n.sources {
			if s.at <= n.now && (first == nil || s.at < first.at) {
				first = s
			}
		}
		if first == nil {
			return
		}
		for _, l := range first.to {
			l.Send(first.at, first.packet)
		}
		first.at, first.packet = first.sender.Next()
	}
}

// first returns the link that has the next datagram, of those that have come.
func (n *Net) first() (path int, ok bool) {
	at := n.now
	for i, l := range n.links {
		if next, any := l.Next(); any && (next < at || next == at && !ok) {
			path, at, ok = i, next, true
		}
	}
	return path, ok
}

// Send implements rtp.Net.
func (n *Net) Send(path int, datagrams [][]byte) int {
	if n.Sent != nil {
		for _, d := range datagrams {
			n.Sent(path, n.now, d)
		}
	}
	return len(datagrams)
}

// Close implements rtp.Net.
func (n *Net) Close() error { return nil }
