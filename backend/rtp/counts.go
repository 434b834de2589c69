package rtp

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/backend"
)

// counts is what a stream tells anybody. The engine's goroutine writes.
type counts struct {
	packets, lost, late, reordered, duplicates, recovered, refused, concealed, restarts atomic.Uint64
	sent, failed, octets                                                                atomic.Uint64
	farLost                                                                             atomic.Uint64
	roundTrip                                                                           atomic.Int64 // ns
	bye                                                                                 atomic.Bool
	highest                                                                             atomic.Uint32 // sequence number, as RTCP counts
	clock                                                                               stampClock    // of what is sent

	jitter, latency, target atomic.Int64 // ns
	ssrc                    atomic.Uint32
	sender                  atomic.Pointer[netip.AddrPort]
	paths                   [2]struct{ packets, lost atomic.Uint64 }
}

// Network implements backend.Networked.
func (s *stream) Network() backend.Network {
	c := &s.counts
	n := backend.Network{
		Receives: s.o.Receive != nil, Sends: s.sends(),
		Packets: c.packets.Load(), Lost: c.lost.Load(), Late: c.late.Load(), Reordered: c.reordered.Load(),
		Duplicates: c.duplicates.Load(), Recovered: c.recovered.Load(), Refused: c.refused.Load(),
		Concealed: c.concealed.Load(), Restarts: c.restarts.Load(), Sent: c.sent.Load(), Failed: c.failed.Load(),
		Jitter: time.Duration(c.jitter.Load()), Latency: time.Duration(c.latency.Load()),
		Target: time.Duration(c.target.Load()), SSRC: c.ssrc.Load(), Reference: s.reference(),
		FarLost: c.farLost.Load(), RoundTrip: time.Duration(c.roundTrip.Load()),
	}
	if from := c.sender.Load(); from != nil {
		n.Sender = from.String()
	}
	if s.o.Receive != nil {
		for i, p := range s.o.Receive.Paths {
			n.Paths = append(n.Paths, backend.Path{To: p.To.String(), Packets: c.paths[i].packets.Load(), Lost: c.paths[i].lost.Load()})
		}
	}
	return n
}
