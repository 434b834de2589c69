package wav

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Broadcast is what the bext chunk of a Broadcast Wave file says (EBU Tech 3285, version 1: without loudness). Texts
// that are too long for their field are cut.
type Broadcast struct {
	Description         string    // at most 256 bytes
	Originator          string    // at most 32 bytes
	OriginatorReference string    // at most 32 bytes
	Origination         time.Time // date and time of the first frame, in the zone that it has
	// TimeReference is the first frame's place in its day, in frames since midnight.
	TimeReference uint64
	// History is the coding history, lines of "A=PCM,F=48000,W=16,M=stereo,T=…"; CodingHistory makes one.
	History string
}

// bextBytes is the body of a bext chunk without its coding history.
const bextBytes = 602

// CodingHistory returns the line of a coding history for frames of a format that a program wrote (EBU R 98).
func CodingHistory(f audio.Format, program string) string {
	mode := fmt.Sprintf("%d channels", f.Channels)
	switch f.Channels {
	case 1:
		mode = "mono"
	case 2:
		mode = "stereo"
	}
	return fmt.Sprintf("A=PCM,F=%d,W=%d,M=%s,T=%s\r\n", f.Rate, f.Encoding.Bits(), mode, program)
}

// appendBext appends the chunk, with its pad.
func appendBext(b []byte, x *Broadcast) []byte {
	le := binary.LittleEndian
	b = append(b, "bext"...)
	b = le.AppendUint32(b, uint32(bextBytes+len(x.History)))
	b = appendText(b, x.Description, 256)
	b = appendText(b, x.Originator, 32)
	b = appendText(b, x.OriginatorReference, 32)
	b = x.Origination.AppendFormat(b, "2006-01-02")
	b = x.Origination.AppendFormat(b, "15:04:05")
	b = le.AppendUint64(b, x.TimeReference)
	b = le.AppendUint16(b, 1)              // version
	b = append(b, make([]byte, 64+190)...) // no UMID; reserved
	if b = append(b, x.History...); len(x.History)&1 == 1 {
		b = append(b, 0)
	}
	return b
}

// appendText appends a text in a field of size bytes, with zeros behind it.
func appendText(b []byte, text string, size int) []byte {
	if len(text) > size {
		text = text[:size]
	}
	b = append(b, text...)
	return append(b, make([]byte, size-len(text))...)
}
