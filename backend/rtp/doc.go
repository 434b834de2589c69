// Package rtp is a device made of packets on a network: RTP of RFC 3550 with linear samples (RFC 3551, RFC 3190) or those of
// ITU-T G.711, as AES67-2018, SMPTE ST 2110-30 and telephones use it.
//
// # Clock
//
// A stream that receives follows the clock of its sender, and so does what it sends. A packet that ends at sample q leaves the
// sender when its clock is at q, and never comes earlier than the shortest way takes: package servo makes a straight line of these
// pairs, and the ticks of the stream are on it. A stream that only sends has the clock of the machine, or follows PTP: CLOCK_TAI as
// ptp4l and phc2sys keep it, with timestamps that count samples since its epoch (RFC 7273). So can a stream that receives: then
// the timestamps say when a frame is read, and not when its packet came.
//
// # Cycle
//
//	Wait   sleeps until the next period is due, takes all datagrams that have come, with one call of the system for
//	       many, and places their frames in a ring
//	Read   takes the next frames from the ring; what is missing is silence, with a ramp before and after it
//	Write  makes packets, and sends those that are full with one call
//
// The engine's goroutine does it all. It allocates nothing, and takes no more datagrams in a cycle than twice those that are due, so
// that a flood costs datagrams and not the cycle. With periods below 2 ms it has a thread of its own; longer ones park (see
// backend.Parker), which takes less processor time.
//
// # Jitter
//
// The kernel says when a datagram came, so that a late engine makes no packet late. A frame is read Options.Latency after the time
// at which its packet, had it taken the shortest way, would have come. Packets may be out of order, doubled, late and lost by
// then; everything is counted (backend.Network). Two paths that carry the same packets (SMPTE ST 2022-7) fill one ring.
//
//	position of a tick p                the sender's clock is here
//	p - latency - a packet              Read is here: by less if periods end where packets do
//
// A loss is counted when its packet has not come for a quarter of a second after its frames were due.
//
// # Senders
//
//	unknown ──2 packets──▶ known ──3 packets in a row of another SSRC, or for 20 ms with other timestamps,
//	                       │   ▲   and none that fits──┐
//	                       │   └─── begins anew ◀──────┘
//	                       └──nothing for Options.Timeout, or its BYE──▶ audio.ErrGone
//
// A sender that begins anew gets its place on the scale of positions by the time at which its packets come, so that positions go
// on without a gap.
//
// # Beside the sound
//
// Reports (RTCP) are exchanged on the port above, by goroutines of their own. With keys (session.Stream.Keys) both are encrypted: SRTP
// and SRTCP of RFC 3711. A receiver that comes when the sequence numbers of a sender have wrapped already, which RFC 3711 leaves
// to signalling, finds out how often by trying.
package rtp
