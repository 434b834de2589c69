package rtptest

import (
	"encoding/binary"
	"time"
)

// Sender makes the RTP packets (RFC 3550) of a stream whose clock may be off. Its header is written here and not by what
// is tested.
type Sender struct {
	Type     uint8  // RTP payload type
	SSRC     uint32 // changes what a receiver takes for another sender
	Sequence uint16 // of the next packet
	Time     uint32 // RTP timestamp of the next packet

	Rate   int     // Hz, nominal
	PPM    float64 // how much faster the clock runs
	Packet int     // frames in a packet
	// Bunch is how many packets are sent at once, when the last of them is full; 0: 1. Ahead is how much is sent at once in
	// the beginning; everything is that much earlier then. VLC does both.
	Bunch int
	Ahead time.Duration
	// Fill appends the payload of frames to p, the first of which has a number, and returns the whole.
	Fill func(p []byte, frame uint64, frames int) []byte

	frame uint64 // of the next packet
	count int    // packets since Start
	begin time.Duration
}

// Start makes the sender's next frame the one of a time.
func (s *Sender) Start(at time.Duration) { s.begin, s.frame, s.count = at, 0, 0 }

// Next returns the next packet, and when it is sent: as soon as its last frame has passed, if not otherwise wanted. The caller owns it.
func (s *Sender) Next() (at time.Duration, packet []byte) {
	packet = make([]byte, 12, 1500)
	packet[0] = 2 << 6
	packet[1] = s.Type
	binary.BigEndian.PutUint16(packet[2:], s.Sequence)
	binary.BigEndian.PutUint32(packet[4:], s.Time)
	binary.BigEndian.PutUint32(packet[8:], s.SSRC)
	packet = s.Fill(packet, s.frame, s.Packet)
	s.Sequence++
	s.Time += uint32(s.Packet)
	s.frame += uint64(s.Packet)
	s.count++
	bunch := max(1, s.Bunch)
	last := uint64((s.count+bunch-1)/bunch*bunch) * uint64(s.Packet)
	return max(s.begin, s.At(last)-s.Ahead), packet
}

// At returns when a frame passes, counted from Start.
func (s *Sender) At(frame uint64) time.Duration {
	return s.begin + time.Duration(float64(frame)*1e9/(float64(s.Rate)*(1+s.PPM/1e6)))
}
