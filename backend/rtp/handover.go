package rtp

import (
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/servo"
)

const kind = "rtp"

// handed is the state in a backend.Handed.
type handed struct {
	course
	Granted backend.Config `json:"granted"`
	Receive *agreed        `json:"receive,omitempty"`
	Send    *agreed        `json:"send,omitempty"`
	Counts  []uint64       `json:"counts"`
	Sender  netip.AddrPort `json:"sender,omitzero"`
	Intake  *received      `json:"intake,omitempty"`
	Packer  *packed        `json:"packer,omitempty"`
}

// agreed is what two sides of a stream have to agree on, and this process with the one before.
type agreed struct {
	Payload session.Payload  `json:"payload"`
	Type    uint8            `json:"type"`
	Packet  int              `json:"packet"`
	To      []netip.AddrPort `json:"to"`
}

func agreedOf(s *session.Stream) *agreed {
	if s == nil {
		return nil
	}
	a := &agreed{Payload: s.Payload, Type: s.Type, Packet: s.Packet}
	for _, p := range s.Paths {
		a.To = append(a.To, p.To)
	}
	return a
}

// same reports whether s is as it was.
func (a *agreed) same(s *session.Stream) bool {
	b := agreedOf(s)
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Payload == b.Payload && a.Type == b.Type && a.Packet == b.Packet && slices.Equal(a.To, b.To)
}

// received is what an intake hands over. What waits in the kernel is in the sockets.
type received struct {
	reception
	Clock  servo.ClockState  `json:"clock"`
	Splice audio.SpliceState `json:"splice"`
	Frames []byte            `json:"frames"` // from Head on, as in packets
	There  []byte            `json:"there"`  // 1 for each one that is there
}

// packed is what a packer hands over.
type packed struct {
	delivery
	Splice audio.SpliceState `json:"splice"`
	Begun  []byte            `json:"begun"` // frames of the packet that is being filled
}

// filed is a Net whose descriptors go on in another process.
type filed interface{ files() []int }

// HandOver implements backend.Heir.
func (s *stream) HandOver() (backend.Handed, error) {
	at := handed{course: s.course, Granted: s.granted, Receive: agreedOf(s.o.Receive)}
	for _, n := range s.counts.all() {
		at.Counts = append(at.Counts, n.Load())
	}
	if from := s.counts.sender.Load(); from != nil {
		at.Sender = *from
	}
	if in := s.intake; in != nil {
		at.Intake = in.handOver()
	}
	if p := s.packer; p != nil {
		at.Send = agreedOf(p.to)
		at.Packer = &packed{p.delivery, p.splice.State(), p.packets[0][headerBytes:][:p.fill*p.coding]}
	}
	var files []int
	if f, ok := s.net.(filed); ok {
		files = f.files()
	}
	s.given = true
	return backend.NewHanded(kind, at, files...)
}

func (in *intake) handOver() *received {
	r := &received{reception: in.reception, Clock: in.clock.State(), Splice: in.splice.State()}
	for q := in.Head; q < in.Newest && q < in.Head+in.ring.size(); {
		frames, n, _ := in.ring.run(q, int(in.Newest-q))
		at := in.ring.at(q)
		r.Frames, r.There = append(r.Frames, frames...), append(r.There, in.ring.there[at:at+int64(n)]...)
		q += int64(n)
	}
	return r
}

// all returns the counts in an order that handing over keeps.
func (c *counts) all() []*atomic.Uint64 {
	all := []*atomic.Uint64{&c.packets, &c.lost, &c.late, &c.reordered, &c.duplicates, &c.recovered, &c.refused, &c.concealed,
		&c.restarts, &c.sent, &c.failed, &c.octets}
	for i := range c.paths {
		all = append(all, &c.paths[i].packets, &c.paths[i].lost)
	}
	return all
}
