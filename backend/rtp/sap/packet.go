package sap

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"net/netip"

	"github.com/loopbridge/loopbridge/audio"
)

// The first byte of a packet (RFC 2974 part 3).
const (
	version    = 1 << 5
	versions   = 7 << 5
	isIPv6     = 1 << 4
	deletes    = 1 << 2
	encrypted  = 1 << 1
	compressed = 1 << 0
)

const (
	maxPacket = 8 << 10 // bytes: RFC 2974 recommends 1 kB, a description of 64 channels has 2 kB
	mimeType  = "application/sdp\x00"
)

// packet is a datagram of SAP.
type packet struct {
	deletes bool
	hash    uint16     // of this version of the description; 0: none
	source  netip.Addr // who announces, as it says
	text    []byte     // SDP, or its line o= of a deletion
}

// encode returns the bytes of a packet.
func (p *packet) encode() []byte {
	first := byte(version)
	if p.deletes {
		first |= deletes
	}
	source := p.source.Unmap()
	if !source.IsValid() {
		source = netip.IPv4Unspecified()
	}
	if source.Is6() {
		first |= isIPv6
	}
	b := append([]byte{first, 0}, binary.BigEndian.AppendUint16(nil, p.hash)...)
	b = append(b, source.AsSlice()...)
	b = append(b, mimeType...)
	return append(b, p.text...)
}

// decode reads a datagram. The text is a part of b, unless it was compressed. The error is audio.ErrInvalid.
func decode(b []byte) (packet, error) {
	var p packet
	if len(b) < 4 || b[0]&versions != version {
		return p, audio.ErrInvalid.With("is no announcement (SAP) of version 1")
	}
	flags, authentication := b[0], 4*int(b[1])
	p.deletes, p.hash = flags&deletes != 0, binary.BigEndian.Uint16(b[2:])
	size := 4
	if flags&isIPv6 != 0 {
		size = 16
	}
	if len(b) < 4+size+authentication {
		return p, audio.ErrInvalid.With("the announcement is cut off")
	}
	p.source, _ = netip.AddrFromSlice(b[4 : 4+size])
	if flags&encrypted != 0 {
		return p, audio.ErrInvalid.With("the announcement is encrypted")
	}
	payload := b[4+size+authentication:]
	if flags&compressed != 0 {
		var err error
		if payload, err = inflate(payload); err != nil {
			return p, err
		}
	}
	if !bytes.HasPrefix(payload, []byte("v=0")) && !(p.deletes && bytes.HasPrefix(payload, []byte("o="))) {
		kind, rest, found := bytes.Cut(payload, []byte{0})
		if !found || string(kind) != mimeType[:len(mimeType)-1] {
			return p, audio.ErrInvalid.With("announces no SDP")
		}
		payload = rest
	}
	p.text = payload
	return p, nil
}

// inflate decompresses what may become as long as a packet, and no longer.
func inflate(b []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, audio.ErrInvalid.With("the announcement is not compressed as it says: %v", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxPacket+1))
	switch {
	case err != nil:
		return nil, audio.ErrInvalid.With("the announcement is not compressed as it says: %v", err)
	case len(text) > maxPacket:
		return nil, audio.ErrInvalid.With("the announcement has more than %d bytes when it is decompressed", maxPacket)
	}
	return text, nil
}
