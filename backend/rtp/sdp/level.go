package sdp

import (
	"fmt"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// Level returns the least conformance level of SMPTE ST 2110-30 (part 7) whose receivers take such packets, or "" if none has to.
// A sender conforms if it also follows PTP, as ST 2110-10 demands, which is not judged here.
//
//	level  rate    1 ms          125 µs
//	A      48000   1..8
//	B      48000   1..8          1..8
//	C      48000   1..8          1..64
//	AX     96000   1..4          also what A has
//	BX     96000   1..4          1..8, also what B has
//	CX     96000   1..4          1..32, also what C has
func Level(s *session.Stream) string {
	if s.Payload != session.L16 && s.Payload != session.L24 {
		return ""
	}
	long, short := s.Packet*1000 == s.Rate, s.Packet*8000 == s.Rate
	n := s.Channels
	switch {
	case s.Rate == 48000 && long && n <= 8:
		return "A"
	case s.Rate == 48000 && short && n <= 8:
		return "B"
	case s.Rate == 48000 && short && n <= 64:
		return "C"
	case s.Rate == 96000 && long && n <= 4:
		return "AX"
	case s.Rate == 96000 && short && n <= 8:
		return "BX"
	case s.Rate == 96000 && short && n <= 32:
		return "CX"
	}
	return ""
}

// Form says in a few words what the packets of a stream have, such as "L24/48000/2, 1 ms, level A".
func Form(s *session.Stream) string {
	if s.Payload.String() == "" || s.Rate < 1 {
		return ""
	}
	text := fmt.Sprintf("%s/%d/%d", s.Payload, s.Rate, s.Channels)
	if s.Packet > 0 {
		text += ", " + ptime(s.Packet, s.Rate) + " ms"
	}
	if level := Level(s); level != "" {
		text += ", level " + level
	}
	return text
}
