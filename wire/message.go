package wire

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// The protocol's constants.
const (
	Version      = 1
	MessageBytes = 512
	NameBytes    = 64 // a loop's or device's name with its zero byte
	ProgramBytes = 32
	TextBytes    = 400
	MaxPending   = 8 // requests of one connection without an answer
)

// Op is what a message asks for or answers.
type Op uint16

// The operations. The numbers never change.
const (
	OpOpen Op = iota + 1
	OpStart
	OpHalt
	OpDrain
	OpSetFormat
	OpClose
	OpList
)

// Header begins every message.
type Header struct {
	Op      Op
	Version uint16
	Seq     uint32 // chosen by the program; a reply has its request's
	Errno   uint32 // in replies: 0, or why not
	Last    uint32 // in replies: 1 on the last one to this request
}

// Name is a string of up to 63 bytes.
type Name [NameBytes]byte

// Format is an audio.Format.
type Format struct {
	Rate     uint32
	Channels uint32
	Encoding uint32
}

// Open asks for an end. Fields that are 0 are the loop's choice.
type Open struct {
	Loop      Name
	Role      uint32 // pcm.Role
	Direction uint32 // pcm.Direction, bits
	Format    Format
	Period    uint32 // frames
	Buffer    uint32 // frames
	Nonblock  uint32 // not used by the daemon
	Wait      int64  // ns, −1: for ever
}

// SetFormat asks for a new format of the loop.
type SetFormat struct {
	Format Format
}

// Granted says what became of Open or SetFormat.
type Granted struct {
	Direction uint32 // one bit
	Period    uint32 // frames
	Buffer    uint32 // frames: the ring's capacity
	_         uint32
	Bytes     uint64 // of the shared memory
}

// Failure is the body of a reply whose Errno is not 0.
type Failure struct {
	Text [TextBytes]byte // a sentence for a person
}

// Loop is one loop in the answer to List.
type Loop struct {
	Name     Name
	Device   Name
	Format   Format
	Waiting  uint32 // clients
	Sessions uint64
	Frames   uint64
	Skipped  uint64
	Server   End
	Client   End
}

// End is one end of a Loop.
type End struct {
	Flags      uint32 // EndOpen …
	State      uint32 // ring.State
	Direction  uint32
	PID        uint32
	UID        uint32
	Period     uint32 // frames
	Buffer     uint32 // frames
	Format     Format
	Program    [ProgramBytes]byte
	Moved      uint64 // frames
	Xruns      uint64 // bursts
	XrunFrames uint64
}

// The flags of an End.
const (
	EndOpen  = 1 << iota // a program holds it
	EndGone              // it has closed; its last frames are on their way
	EndError             // the sticky error flag
)

// Request is what a program sends: a header and the body that its Op has.
type Request struct {
	Header
	Open      Open      // OpOpen
	SetFormat SetFormat // OpSetFormat
}

// EncodeRequest makes the packet.
func EncodeRequest(r *Request) []byte {
	switch r.Op {
	case OpOpen:
		return encode(&r.Header, &r.Open)
	case OpSetFormat:
		return encode(&r.Header, &r.SetFormat)
	}
	return encode(&r.Header, nil)
}

// DecodeRequest reads a packet. ErrProtocol says what is wrong with it; the header
// is good wherever there was one.
func DecodeRequest(packet []byte) (r Request, err error) {
	if err := decodeHeader(packet, &r.Header); err != nil {
		return r, err
	}
	switch r.Op {
	case OpOpen:
		err = decode(packet, &r.Open)
		if err == nil && (r.Open.Wait < int64(pcm.Forever) || r.Open.Period > 1<<31-1 || r.Open.Buffer > 1<<31-1) {
			err = audio.ErrProtocol.With("open: wait, period or buffer is out of range")
		}
	case OpSetFormat:
		err = decode(packet, &r.SetFormat)
	case OpStart, OpHalt, OpDrain, OpClose, OpList:
	default:
		err = audio.ErrProtocol.With("unknown request %d", r.Op)
	}
	return r, err
}

// Reply is what a daemon sends.
type Reply struct {
	Header
	Failure Failure // Errno is not 0
	Granted Granted // OpOpen, OpSetFormat
	Loop    Loop    // OpList, but the last
}

// EncodeReply makes the packet.
func EncodeReply(r *Reply) []byte {
	switch {
	case r.Errno != 0:
		return encode(&r.Header, &r.Failure)
	case r.Op == OpOpen, r.Op == OpSetFormat:
		return encode(&r.Header, &r.Granted)
	case r.Op == OpList && r.Last == 0:
		return encode(&r.Header, &r.Loop)
	}
	return encode(&r.Header, nil)
}

// DecodeReply reads a packet. A daemon of another version is ErrProtocol.
func DecodeReply(packet []byte) (r Reply, err error) {
	if err := decodeHeader(packet, &r.Header); err != nil {
		return r, err
	}
	switch {
	case r.Errno != 0:
		err = decode(packet, &r.Failure)
	case r.Op == OpOpen, r.Op == OpSetFormat:
		err = decode(packet, &r.Granted)
	case r.Op == OpList && r.Last == 0:
		err = decode(packet, &r.Loop)
	}
	return r, err
}

func encode(h *Header, body any) []byte {
	h.Version = Version
	packet := make([]byte, MessageBytes)
	n, err := binary.Encode(packet, binary.LittleEndian, h)
	if err == nil && body != nil {
		_, err = binary.Encode(packet[n:], binary.LittleEndian, body)
	}
	if err != nil {
		panic("wire: a message does not fit: " + err.Error()) // a test encodes each
	}
	return packet
}

func decodeHeader(packet []byte, h *Header) error {
	if len(packet) != MessageBytes {
		return audio.ErrProtocol.With("a message of %d bytes; they have %d", len(packet), MessageBytes)
	}
	if _, err := binary.Decode(packet, binary.LittleEndian, h); err != nil {
		return audio.ErrProtocol.With("header: %v", err)
	}
	if h.Version != Version {
		return audio.ErrProtocol.With("the other side speaks protocol version %d, this one version %d: use the same release of both", h.Version, Version)
	}
	return nil
}

func decode(packet []byte, body any) error {
	if _, err := binary.Decode(packet[binary.Size(Header{}):], binary.LittleEndian, body); err != nil {
		return audio.ErrProtocol.With("body: %v", err)
	}
	return nil
}

// Put writes s into a field of zero-terminated text, cut at a rune's edge if need be.
func Put(field []byte, s string) {
	clear(field)
	if len(s) >= len(field) {
		s = s[:len(field)-1]
		for len(s) > 0 && s[len(s)-1]&0xC0 == 0x80 {
			s = s[:len(s)-1]
		}
		if len(s) > 0 && s[len(s)-1] >= 0xC0 {
			s = s[:len(s)-1]
		}
	}
	copy(field, s)
}

// Text reads what Put wrote.
func Text(field []byte) string {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return string(field)
}

// FormatOf is f for the wire.
func FormatOf(f audio.Format) Format {
	return Format{Rate: uint32(f.Rate), Channels: uint32(f.Channels), Encoding: uint32(f.Encoding)}
}

// Audio is the format that came over the wire, not validated; numbers that no
// format has become such as Validate refuses.
func (f Format) Audio() audio.Format {
	return audio.Format{Rate: clip(f.Rate), Channels: clip(f.Channels), Encoding: audio.Encoding(min(f.Encoding, 255))}
}

func clip(n uint32) int { return int(min(n, 1<<31-1)) }

// Options is what an Open asks for.
func (o *Open) Options() pcm.Options {
	return pcm.Options{
		Role: pcm.Role(min(o.Role, 255)), Direction: pcm.Direction(min(o.Direction, 255)), Format: o.Format.Audio(),
		Period: int(o.Period), Buffer: int(o.Buffer), Wait: time.Duration(o.Wait),
	}
}

// OpenOf asks for an end of a loop with these options.
func OpenOf(loop string, o pcm.Options) (Open, error) {
	if len(loop) >= NameBytes {
		return Open{}, audio.ErrNoDevice.With("a loop's name has at most %d bytes, %q has %d", NameBytes-1, loop, len(loop))
	}
	w := Open{
		Role: uint32(o.Role), Direction: uint32(o.Direction), Format: FormatOf(o.Format),
		Period: uint32(max(0, o.Period)), Buffer: uint32(max(0, o.Buffer)), Wait: max(int64(pcm.Forever), int64(o.Wait)),
	}
	Put(w.Loop[:], loop)
	return w, nil
}
