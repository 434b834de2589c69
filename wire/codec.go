package wire

import (
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// EncodeRequest returns the packet of a request.
func EncodeRequest(r *Request) []byte {
	switch r.Op {
	case OpOpen:
		return encode(&r.Header, &r.Open)
	case OpSetup:
		return encode(&r.Header, &r.Setup)
	case OpPause:
		return encode(&r.Header, &r.Pause)
	case OpMark:
		return encode(&r.Header, &r.Mark)
	case OpInfo, OpSet, OpStates:
		return encode(&r.Header, &r.Device)
	case OpFollow:
		return encode(&r.Header, &r.Seen)
	}
	return encode(&r.Header, nil)
}

// DecodeRequest parses a packet. ErrProtocol says what is wrong with it; the header is valid if
// the packet had one.
func DecodeRequest(packet []byte) (r Request, err error) {
	if err := decodeHeader(packet, &r.Header); err != nil {
		return r, err
	}
	switch r.Op {
	case OpOpen:
		err = decode(packet, &r.Open)
		if err == nil && (r.Open.Wait < int64(pcm.Forever) || max(r.Open.Period, r.Open.Buffer) > mostFrames) {
			err = audio.ErrProtocol.With("open: wait, period or buffer is out of range")
		}
	case OpSetup:
		err = decode(packet, &r.Setup)
		if err == nil && max(r.Setup.Period, r.Setup.Buffer) > mostFrames {
			err = audio.ErrProtocol.With("setup: period or buffer is out of range")
		}
	case OpPause:
		err = decode(packet, &r.Pause)
	case OpMark:
		err = decode(packet, &r.Mark)
	case OpInfo, OpSet, OpStates:
		err = decode(packet, &r.Device)
	case OpFollow:
		err = decode(packet, &r.Seen)
	case OpStart, OpHalt, OpDrain, OpClose:
	default:
		err = audio.ErrProtocol.With("unknown request %d", r.Op)
	}
	return r, err
}

// EncodeReply returns the packet of a reply.
func EncodeReply(r *Reply) []byte {
	switch {
	case r.Errno != 0:
		return encode(&r.Header, &r.Failure)
	case r.Op == OpOpen, r.Op == OpSetup:
		return encode(&r.Header, &r.Granted)
	case r.Op == OpInfo, r.Op == OpSet, r.Op == OpStates && r.Last == 0:
		return encode(&r.Header, &r.Device)
	case r.Op == OpStates, r.Op == OpFollow:
		return encode(&r.Header, &r.Seen)
	}
	return encode(&r.Header, nil)
}

// DecodeReply parses a packet. A reply of another version is ErrProtocol.
func DecodeReply(packet []byte) (r Reply, err error) {
	if err := decodeHeader(packet, &r.Header); err != nil {
		return r, err
	}
	switch {
	case r.Errno != 0:
		err = decode(packet, &r.Failure)
	case r.Op == OpOpen, r.Op == OpSetup:
		err = decode(packet, &r.Granted)
	case r.Op == OpInfo, r.Op == OpSet, r.Op == OpStates && r.Last == 0:
		err = decode(packet, &r.Device)
	case r.Op == OpStates, r.Op == OpFollow:
		err = decode(packet, &r.Seen)
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
		return audio.ErrProtocol.With("a message has %d bytes, and must have %d", len(packet), MessageBytes)
	}
	if _, err := binary.Decode(packet, binary.LittleEndian, h); err != nil {
		return audio.ErrProtocol.With("header: %v", err)
	}
	if h.Version != Version {
		return audio.ErrProtocol.With(
			"the other side speaks protocol version %d, this one version %d: use the same release of both",
			h.Version, Version)
	}
	return nil
}

func decode(packet []byte, body any) error {
	if _, err := binary.Decode(packet[binary.Size(Header{}):], binary.LittleEndian, body); err != nil {
		return audio.ErrProtocol.With("body: %v", err)
	}
	return nil
}
