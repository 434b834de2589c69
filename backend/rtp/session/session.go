// Package session says what a stream on the network is: the values that the two sides of an RTP stream have to agree on,
// wherever they were read: from SDP, from an announcement, or from a configuration.
package session

import (
	"cmp"
	"net/netip"

	"github.com/loopbridge/loopbridge/audio"
)

// Stream is one RTP stream.
type Stream struct {
	Name string // for people, one line of text
	Info string // for people; ""
	// Origin identifies the session of its sender in SDP (RFC 8866 part 5.2) and in announcements.
	Origin Origin

	Payload   Payload
	Type      uint8 // the RTP payload type, 0 to 127
	Rate      int   // Hz, that of the samples and of the RTP clock
	Channels  int
	Positions audio.Positions // what the channels are; the zero value: not said
	Packet    int             // frames in a packet of the sender; 0: not said
	// Paths are where packets go: one, or two that carry the same packets (SMPTE ST 2022-7).
	Paths []Path

	// Reference is the clock of the sender (RFC 7273, a=ts-refclk), and Offset the RTP timestamp at its epoch
	// (a=mediaclk:direct). Direct: Offset is known.
	Reference Reference
	Offset    uint32
	Direct    bool

	// Keys is the master key and salt of SRTP with AES_CM_128_HMAC_SHA1_80, KeyBytes of them; nil: not encrypted. It is never
	// in announcements or logs.
	Keys []byte
}

// Path is one way of the packets.
type Path struct {
	To     netip.AddrPort // where they are sent: of one host, or of a group
	From   netip.Addr     // who may send them: others are not heard; zero: anybody
	Device string         // the network interface, such as eth0; "": as the routes of the system say
	TTL    int            // of a group; 0: 32
	DSCP   int            // 0 to 63: how routers treat the packets; AES67 uses 34 (AF41) for them
}

// defaultTTL is how many routers what is sent to a group may pass. AES67-2018 part 6.2 leaves it open.
const defaultTTL = 32

// Hops returns how many routers what is sent to a group may pass: the TTL, or 32 if none is given.
func (p *Path) Hops() int { return cmp.Or(p.TTL, defaultTTL) }

// Origin is who has described a session.
type Origin struct {
	User    string // "-": none
	ID      uint64
	Version uint64
	Address netip.Addr
}

// Reference is a clock that a sender follows.
type Reference struct {
	PTP    string // version and grandmaster, such as IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0; "": not PTP
	Domain int    // of PTP; -1: not said
	Local  string // a MAC address: the sender's own clock (a=ts-refclk:localmac); "": not said
}
