// Package voice is the sound of a telephone call on the network: G.711 in RTP packets (ITU-T G.711, RFC 3550 and 3551), and
// telephone events, which are keys pressed (RFC 4733).
//
//	Send ────▶ encode ─────────────────▶ socket ─▶ the other side
//	Dial ────▶ an event every 20 ms ───▶   │
//	Receive ◀─ Jitter ◀─ decode ◀─ Run ◀───┘
//	heard ◀─── events ◀─────────────┘
//
// Sound comes and goes in blocks of 20 ms: 160 frames at 8000 Hz, one channel, S16_LE. Who calls Send sets the pace of the
// packets, and who calls Receive the pace at which the jitter buffer is emptied: both are the clock of a loop.
package voice

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// The sound of a telephone: its rate, also that of RTP timestamps, and what a packet of ours carries.
const (
	Rate   = 8000 // Hz
	Block  = 160  // frames
	Packet = Block * time.Second / Rate
)

// FrameBytes is the size of a frame: one channel of S16_LE.
const FrameBytes = 2

// Law is how G.711 writes a sample. Its value is the payload type of RFC 3551.
type Law uint8

// The two laws.
const (
	MuLaw Law = 0 // North America, Japan
	ALaw  Law = 8 // elsewhere
)

// String returns the name that SDP has for it.
func (l Law) String() string {
	if l == ALaw {
		return "PCMA"
	}
	return "PCMU"
}

func (l Law) encoding() audio.Encoding {
	if l == ALaw {
		return audio.ALaw
	}
	return audio.MuLaw
}

// encode turns a block of S16 into one byte a frame, at the start of dst.
func (l Law) encode(dst, block []byte) {
	var samples [Block]float32
	audio.S16LE.Decode(samples[:], block)
	l.encoding().Encode(dst, samples[:], nil)
}

// decode turns bytes of G.711 into S16.
func (l Law) decode(payload []byte) []byte {
	samples := make([]float32, len(payload))
	l.encoding().Decode(samples, payload)
	frames := make([]byte, FrameBytes*len(payload))
	audio.S16LE.Encode(frames, samples, nil)
	return frames
}
