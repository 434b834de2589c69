package rtp

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of linux/socket.h: a message, and how many bytes of it were moved.
type mmsghdr struct {
	header unix.Msghdr
	bytes  uint32
}

// controlBytes is the room for what the kernel says of a datagram: when it came.
const controlBytes = 64

// inbox has the room for a batch of datagrams that come.
type inbox struct {
	messages [batchSize]mmsghdr
	vectors  [batchSize]unix.Iovec
	from     [batchSize]unix.RawSockaddrInet6 // or Inet4, which is shorter
	control  [batchSize][controlBytes]byte
	data     []byte
	size     int
	next     int // the first free one
	arrivals
}

func newInbox(size int) *inbox { return &inbox{data: make([]byte, size*batchSize), size: size} }

// receive takes datagrams from a socket, as many as into and the inbox have room for.
func (b *inbox) receive(fd, path int, into []Datagram) (int, error) {
	room := min(len(into), batchSize-b.next)
	if room == 0 {
		return 0, nil
	}
	first := b.next
	for i := first; i < first+room; i++ {
		b.vectors[i].Base = &b.data[i*b.size]
		b.vectors[i].SetLen(b.size)
		h := &b.messages[i].header
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&b.from[i])), uint32(unsafe.Sizeof(b.from[i]))
		h.Iov = &b.vectors[i]
		h.SetIovlen(1)
		h.Control = &b.control[i][0]
		h.SetControllen(controlBytes)
		h.Flags = 0
	}
	got, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[first])), uintptr(room),
		unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, harmless(errno)
	}
	n := 0
	for i := first; i < first+int(got); i++ {
		m := &b.messages[i]
		if m.header.Flags&unix.MSG_TRUNC != 0 {
			m.bytes = 0 // longer than any packet of the stream: it is refused
		}
		into[n] = Datagram{Data: b.data[i*b.size:][:m.bytes:b.size], At: b.of(b.control[i][:m.header.Controllen]), From: b.sender(i), Path: path}
		n++
	}
	b.next = first + int(got)
	return n, nil
}

// harmless returns nil for what a socket says of a moment, or of others.
func harmless(errno syscall.Errno) error {
	switch errno {
	case unix.EAGAIN, unix.EINTR, unix.ECONNREFUSED, unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENOBUFS, unix.ENOMEM:
		return nil
	}
	return errno
}

// sender returns who has sent a datagram.
func (b *inbox) sender(i int) netip.AddrPort {
	a := &b.from[i]
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&a.Port))[:])
	if a.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(a)).Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), port)
}
