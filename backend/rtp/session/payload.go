package session

import "github.com/loopbridge/loopbridge/audio"

// Payload is how the samples of a packet are written.
type Payload uint8

// The payloads.
const (
	L16  Payload = iota + 1 // 16 bits, big endian (RFC 3551)
	L24                     // 24 bits in three bytes, big endian (RFC 3190)
	PCMU                    // µ-law of ITU-R G.711 (RFC 3551)
	PCMA                    // A-law of ITU-R G.711 (RFC 3551)
)

// Payloads returns all of them.
func Payloads() []Payload { return []Payload{L16, L24, PCMU, PCMA} }

// String returns the name that a payload has in a rtpmap (RFC 3551, RFC 3190), or "" if p is none.
func (p Payload) String() string {
	switch p {
	case L16:
		return "L16"
	case L24:
		return "L24"
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	}
	return ""
}

// Encoding returns how samples are written in packets, or 0 if p is none.
func (p Payload) Encoding() audio.Encoding {
	switch p {
	case L16:
		return audio.S16BE
	case L24:
		return audio.S24BE3
	case PCMU:
		return audio.MuLaw
	case PCMA:
		return audio.ALaw
	}
	return 0
}
