package backend

import "time"

// Networked is a stream whose sound comes over, or goes to, a network.
type Networked interface {
	// Network returns what has happened so far. Any goroutine may call it; it does not block, and may allocate.
	Network() Network
}

// Network is what the stream of a network has seen. All counts are those since the stream was opened.
type Network struct {
	Receives, Sends bool

	Packets    uint64 // received, without duplicates
	Lost       uint64 // packets that never came, in no path
	Late       uint64 // packets that came after their frames were due
	Reordered  uint64 // packets that came after a later one, in time
	Duplicates uint64 // packets that had come before, in the same path
	Recovered  uint64 // packets that one path lost and the other brought
	Refused    uint64 // datagrams that are no packets of the stream: malformed, of another payload, of strangers
	Concealed  uint64 // frames that were faded or silent because of Lost and Late
	Restarts   uint64 // how often the sender began anew: another SSRC, a jump of its timestamps
	Paths      []Path

	Sent    uint64 // packets, in each path
	Failed  uint64 // packets that the network did not take
	FarLost uint64 // packets, as the far end says (RTCP)

	Jitter    time.Duration // of the arrival, as RFC 3550 defines it
	Latency   time.Duration // from the time of a packet to that of its frames in Read; the wanted one is Target
	Target    time.Duration
	RoundTrip time.Duration // to the far end and back, by RTCP; 0: not known
	Sender    string        // address and port of who sends now; "": nobody yet
	SSRC      uint32
	Reference string // the clock that the stream follows, for people, such as "PTP 39-A7-94-FF-FE-07-CB-D0 domain 0"
}

// Path is what one of the ways of a stream has carried.
type Path struct {
	To      string // address and port
	Packets uint64
	Lost    uint64
}
