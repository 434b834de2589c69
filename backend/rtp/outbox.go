package rtp

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// outbox has the room for a batch of datagrams to be sent. It serves one path.
type outbox struct {
	messages [batchSize]mmsghdr
	vectors  [batchSize]unix.Iovec
	apart    bool // the kernel does not take several datagrams as one
	segment  struct {
		header unix.Cmsghdr
		bytes  uint16
		_      [6]byte
	}
}

// send sends datagrams on a connected socket, and returns how many it took. An error of an earlier one, such as that nobody listens
// at the port, is told once and instead of sending: so it tries again.
func (b *outbox) send(fd int, datagrams [][]byte) (sent int) {
	for refusals := 0; len(datagrams) > 0 && refusals < 2; {
		n := b.row(datagrams)
		if n > 1 {
			b.asOne(datagrams[:n])
		} else {
			n = min(batchSize, len(datagrams))
			b.oneByOne(datagrams[:n])
		}
		took, errno := b.call(fd, n)
		switch {
		case errno == unix.ECONNREFUSED:
			refusals++
		case errno == 0:
			sent += took
			datagrams = datagrams[took:]
		case !b.apart && (errno == unix.EIO || errno == unix.EINVAL || errno == unix.EMSGSIZE || errno == unix.ENOPROTOOPT):
			b.apart = true // the interface makes no checksums, or its packets are shorter
		default:
			return sent
		}
	}
	return sent
}

// call is sendmmsg(2), for n datagrams in the messages that were made.
func (b *outbox) call(fd, n int) (took int, errno syscall.Errno) {
	one := b.messages[0].header.Control != nil
	calls := n
	if one {
		calls = 1
	}
	got, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[0])), uintptr(calls),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	if one {
		return n, 0
	}
	return int(got), 0
}

// row returns how many datagrams lie one behind the other and have the same length: the kernel can take those as one (UDP_SEGMENT,
// Linux 4.18), which costs it little more than one.
func (b *outbox) row(datagrams [][]byte) int {
	const most, longest = 64, 65000 // UDP_MAX_SEGMENTS; bytes of a datagram, with what is before it
	size := len(datagrams[0])
	if b.apart {
		return 1
	}
	n := 1
	for first := unsafe.Pointer(&datagrams[0][0]); n < len(datagrams) && n < most && (n+1)*size <= longest; n++ {
		if len(datagrams[n]) != size || unsafe.Pointer(&datagrams[n][0]) != unsafe.Add(first, n*size) {
			break
		}
	}
	return n
}

// asOne makes a message of a row.
func (b *outbox) asOne(datagrams [][]byte) {
	size := len(datagrams[0])
	b.vectors[0].Base = &datagrams[0][0]
	b.vectors[0].SetLen(len(datagrams) * size)
	b.segment.header.Level, b.segment.header.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	b.segment.header.SetLen(unix.CmsgLen(2))
	b.segment.bytes = uint16(size)
	h := &b.messages[0].header
	h.Iov = &b.vectors[0]
	h.SetIovlen(1)
	h.Control = (*byte)(unsafe.Pointer(&b.segment))
	h.SetControllen(unix.CmsgSpace(2))
}

// oneByOne makes a message of each.
func (b *outbox) oneByOne(datagrams [][]byte) {
	for i, d := range datagrams {
		b.vectors[i].Base = &d[0]
		b.vectors[i].SetLen(len(d))
		h := &b.messages[i].header
		h.Iov = &b.vectors[i]
		h.SetIovlen(1)
		h.Control = nil
		h.SetControllen(0)
	}
}
