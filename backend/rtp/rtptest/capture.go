package rtptest

import (
	"encoding/binary"
	"io"
	"net/netip"
	"time"
)

// Capture writes datagrams as a file of pcap, as tshark, tcpdump and Wireshark read it: IPv4 without a link layer
// (LINKTYPE_RAW), times in nanoseconds.
type Capture struct {
	w   io.Writer
	err error
}

// NewCapture begins a file. Writing may block as w does.
func NewCapture(w io.Writer) *Capture {
	header := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
	header = binary.LittleEndian.AppendUint16(header, 2)
	header = binary.LittleEndian.AppendUint16(header, 4)
	header = append(header, make([]byte, 8)...)
	header = binary.LittleEndian.AppendUint32(header, 1<<16)
	header = binary.LittleEndian.AppendUint32(header, 101)
	c := &Capture{w: w}
	_, c.err = w.Write(header)
	return c
}

// Add writes a datagram that was seen at a time of any clock, between two addresses of IPv4.
func (c *Capture) Add(at time.Duration, from, to netip.AddrPort, datagram []byte) {
	if c.err != nil {
		return
	}
	const headers = 20 + 8
	length := headers + len(datagram)
	p := binary.LittleEndian.AppendUint32(nil, uint32(at/time.Second))
	p = binary.LittleEndian.AppendUint32(p, uint32(at%time.Second))
	p = binary.LittleEndian.AppendUint32(p, uint32(length))
	p = binary.LittleEndian.AppendUint32(p, uint32(length))
	p = appendIPv4(p, from.Addr().As4(), to.Addr().As4(), length)
	for _, field := range []uint16{from.Port(), to.Port(), uint16(8 + len(datagram)), 0} { // no checksum
		p = binary.BigEndian.AppendUint16(p, field)
	}
	_, c.err = c.w.Write(append(p, datagram...))
}

// Err returns what went wrong first.
func (c *Capture) Err() error { return c.err }

// appendIPv4 appends the header of RFC 791 for UDP.
func appendIPv4(p []byte, from, to [4]byte, length int) []byte {
	at := len(p)
	p = append(p, 0x45, 0)
	p = binary.BigEndian.AppendUint16(p, uint16(length))
	p = append(p, 0, 0, 0x40, 0, 64, 17, 0, 0) // not in fragments; 64 hops
	p = append(append(p, from[:]...), to[:]...)
	var sum uint32
	for i := at; i < len(p); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(p[at+10:], ^uint16(sum))
	return p
}
