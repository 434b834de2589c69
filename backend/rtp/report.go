package rtp

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// reports are what a stream and its far end tell each other of it: RTCP of RFC 3550 part 6. They have nothing to do with the sound but
// that a sender says goodbye.
//
//	SR, SDES    to the port above that of the sound: how much was sent, and what time it was; with a report on what is received
//	RR, SDES    from who only receives: to where the SR came from, and to the group
//	BYE         when a sender stops: the stream of its receivers is gone at once
//
// Times are those of CLOCK_MONOTONIC, which RFC 3550 part 4 allows: nobody can compare them with those of another machine.
type reports struct {
	counts  *counts
	rate    int
	own     uint32 // SSRC of what is sent, or of who reports
	name    string // CNAME: random, as RFC 7022 advises
	sends   bool
	from    netip.Addr // who may report on what is received; zero: anybody
	mu      sync.Mutex
	peer    netip.AddrPort // where the last SR came from
	heard   uint32         // the middle of its time
	heardAt int64          // and when it came
	packets uint32         // expected and received, at the last report
	lost    uint64
}

// newReports returns those of a stream.
func newReports(s *stream) *reports {
	r := &reports{counts: &s.counts, rate: s.granted.Format.Rate, own: rand.Uint32(), name: strconv.FormatUint(rand.Uint64(), 36), sends: s.packer != nil}
	if r.sends {
		r.own = s.packer.SSRC
	}
	if s.intake != nil {
		r.from = s.o.Receive.Paths[0].From
	}
	return r
}

// interval returns how long to wait for the next report: 5 s in the mean, so that many do not report at once.
func interval() time.Duration { return 5*time.Second/2 + rand.N(5*time.Second) }

// fixed turns ns into the format of times of NTP, 32.32.
func fixed(ns int64) uint64 {
	return uint64(ns/1e9)<<32 | uint64(ns%1e9)<<32/1e9
}

// compose returns a report, and goodbye with it.
func (r *reports) compose(now int64, bye bool) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	blocks := r.blocks(now)
	var all []rtcp.Packet
	if r.sends {
		stamp, octets := r.counts.clock.stampAt(now, r.rate), r.counts.octets.Load()
		all = append(all, &rtcp.SenderReport{
			SSRC: r.own, NTPTime: fixed(now), RTPTime: stamp, PacketCount: uint32(r.counts.sent.Load()),
			OctetCount: uint32(octets), Reports: blocks,
		})
	} else {
		all = append(all, &rtcp.ReceiverReport{SSRC: r.own, Reports: blocks})
	}
	all = append(all, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: r.own, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: r.name}},
	}}})
	if bye {
		all = append(all, &rtcp.Goodbye{Sources: []uint32{r.own}})
	}
	return rtcp.Marshal(all)
}

// blocks returns the report on what is received, if anything is.
func (r *reports) blocks(now int64) []rtcp.ReceptionReport {
	c := r.counts
	highest, lost := c.highest.Load(), c.lost.Load()
	if highest == 0 {
		return nil
	}
	expected, missing := highest-r.packets, lost-r.lost
	fraction := uint64(0)
	if r.packets > 0 && expected > 0 {
		fraction = min(255, missing<<8/uint64(expected))
	}
	r.packets, r.lost = highest, lost
	b := rtcp.ReceptionReport{
		SSRC: c.ssrc.Load(), FractionLost: uint8(fraction), TotalLost: uint32(min(lost, 1<<23-1)), LastSequenceNumber: highest,
		Jitter: uint32(c.jitter.Load() * int64(r.rate) / 1e9),
	}
	if r.heardAt > 0 {
		b.LastSenderReport, b.Delay = r.heard, uint32((now-r.heardAt)*(1<<16)/1e9)
	}
	return []rtcp.ReceptionReport{b}
}

// digest takes a report that has come, and returns whether the sender has said goodbye.
func (r *reports) digest(data []byte, from netip.AddrPort, now int64) (bye bool) {
	all, err := rtcp.Unmarshal(data)
	if err != nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range all {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if p.SSRC == r.counts.ssrc.Load() && r.believes(from) {
				r.heard, r.heardAt, r.peer = uint32(p.NTPTime>>16), now, from
			}
			r.told(p.Reports, now)
		case *rtcp.ReceiverReport:
			r.told(p.Reports, now)
		case *rtcp.Goodbye:
			for _, who := range p.Sources {
				bye = bye || who == r.counts.ssrc.Load() && r.believes(from) && r.isSender(from)
			}
		}
	}
	return bye
}

// believes reports whether somebody may speak for what is received.
func (r *reports) believes(from netip.AddrPort) bool {
	return !r.from.IsValid() || r.from.Unmap() == from.Addr().Unmap()
}

// isSender reports whether the packets of the stream come from the same host.
func (r *reports) isSender(from netip.AddrPort) bool {
	who := r.counts.sender.Load()
	return who != nil && who.Addr().Unmap() == from.Addr().Unmap()
}

// told takes what the far end says of what is sent.
func (r *reports) told(blocks []rtcp.ReceptionReport, now int64) {
	for _, b := range blocks {
		if !r.sends || b.SSRC != r.own {
			continue
		}
		r.counts.farLost.Store(uint64(b.TotalLost))
		if b.LastSenderReport != 0 {
			trip := uint32(fixed(now)>>16) - b.LastSenderReport - b.Delay // 16.16 s
			if int32(trip) >= 0 {
				r.counts.roundTrip.Store(int64(trip) * 1e9 >> 16)
			}
		}
	}
}
