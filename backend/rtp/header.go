package rtp

import "encoding/binary"

// headerBytes is the size of the header that this package writes: RFC 3550 part 5.1, without contributing sources.
const headerBytes = 12

// header is a packet as it came. github.com/pion/rtp makes an error, and so garbage, of each datagram that is no
// packet, and of extensions a list: a flood of those would cost the audio path. So the few bytes are read here, and tests
// compare the two.
type header struct {
	marker  bool
	kind    uint8 // payload type
	seq     uint16
	stamp   uint32
	ssrc    uint32
	payload []byte
}

// parse reads a datagram, and reports whether it is a packet of RTP. The payload is part of it.
func (h *header) parse(d []byte) bool {
	if len(d) < headerBytes || d[0]>>6 != 2 {
		return false
	}
	begin := headerBytes + 4*int(d[0]&0xf)
	if d[0]&0x10 != 0 { // an extension
		if len(d) < begin+4 {
			return false
		}
		begin += 4 + 4*int(binary.BigEndian.Uint16(d[begin+2:]))
	}
	end := len(d)
	if d[0]&0x20 != 0 { // padding: its last byte counts it
		if d[end-1] == 0 {
			return false
		}
		end -= int(d[end-1])
	}
	if end < begin {
		return false
	}
	h.marker, h.kind = d[1]&0x80 != 0, d[1]&0x7f
	h.seq = binary.BigEndian.Uint16(d[2:])
	h.stamp, h.ssrc = binary.BigEndian.Uint32(d[4:]), binary.BigEndian.Uint32(d[8:])
	h.payload = d[begin:end]
	return true
}

// put writes the header into the first bytes of a packet.
func (h *header) put(p []byte) {
	p[0], p[1] = 2<<6, h.kind
	if h.marker {
		p[1] |= 0x80
	}
	binary.BigEndian.PutUint16(p[2:], h.seq)
	binary.BigEndian.PutUint32(p[4:], h.stamp)
	binary.BigEndian.PutUint32(p[8:], h.ssrc)
}
