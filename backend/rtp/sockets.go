package rtp

import (
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// sockets is the network of the machine, and CLOCK_MONOTONIC.
type sockets struct {
	rest
	parks         bool
	receive, send []int // descriptors, one for each path
	in            *inbox
	out           []*outbox
}

// datagramBytes is the room for a datagram that comes: a packet of the length that is expected, or what an Ethernet carries.
func datagramBytes(s *session.Stream) int {
	const headers = 128 // extensions, SRTP
	packet := max(s.Packet, session.LongestPacket(s.Rate)/2)
	return min(max(1536, packet*s.Channels*s.Payload.Encoding().Bytes()+headers), 1<<16)
}

// newSockets returns none, with a sleep for a period.
func newSockets(granted backend.Config, thread bool) (*sockets, error) {
	r, parks, err := restFor(granted, thread)
	if err != nil {
		return nil, err
	}
	return &sockets{rest: r, parks: parks}, nil
}

// listen opens the sockets that a stream needs.
func listen(o Options, wish backend.Config) (_ *sockets, err error) {
	n, err := newSockets(wish, o.Thread)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = n.Close()
		}
	}()
	if o.Receive != nil {
		n.in = newInbox(datagramBytes(o.Receive))
		for _, p := range o.Receive.Paths {
			fd, err := openReceiver(p, false)
			if err != nil {
				return nil, err
			}
			n.receive = append(n.receive, fd)
		}
	}
	if o.Send != nil && wish.Play {
		for _, p := range o.Send.Paths {
			fd, err := openSender(p)
			if err != nil {
				return nil, err
			}
			n.send = append(n.send, fd)
			n.out = append(n.out, new(outbox))
		}
	}
	return n, nil
}

// Sleep implements Net.
func (n *sockets) Sleep(until int64) (woken bool, err error) {
	if woken, err = n.rest.Sleep(until); err != nil {
		return false, audio.ErrIO.With("the stream cannot sleep: %v", err)
	}
	return woken, nil
}

// Receive implements Net.
func (n *sockets) Receive(into []Datagram) (count int, err error) {
	n.in.next = 0
	n.in.begin(n.Now())
	for path, fd := range n.receive {
		got, err := n.in.receive(fd, path, into[count:])
		if err != nil {
			return count, audio.ErrIO.With("receiving fails: %v", err)
		}
		count += got
	}
	return count, nil
}

// Send implements Net. What the network does not take now is lost, as on the way.
func (n *sockets) Send(path int, datagrams [][]byte) (sent int) {
	return n.out[path].send(n.send[path], datagrams)
}

// Close implements Net.
func (n *sockets) Close() error {
	var errs []error
	for _, fd := range append(n.receive, n.send...) {
		errs = append(errs, unix.Close(fd))
	}
	n.receive, n.send = nil, nil
	errs = append(errs, n.rest.Close())
	if err := errors.Join(errs...); err != nil {
		return audio.ErrIO.With("closing the sockets: %v", err)
	}
	return nil
}

// sockaddr returns an address as package unix wants it. device is the interface of one that is good on its link alone; 0: none is known.
func sockaddr(a netip.AddrPort, device int) unix.Sockaddr {
	if ip := a.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}
	}
	to := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if ip := a.Addr(); ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsInterfaceLocalMulticast() {
		to.ZoneId = uint32(device)
	}
	return to
}

// files implements filed.
func (n *sockets) files() []int { return append(append([]int(nil), n.receive...), n.send...) }

// takeOver returns the sockets that another process has handed over.
func takeOver(h backend.Handed, o Options, granted backend.Config) (*sockets, error) {
	in, out := 0, 0
	if o.Receive != nil {
		in = len(o.Receive.Paths)
	}
	if o.Send != nil && granted.Play {
		out = len(o.Send.Paths)
	}
	if len(h.Files) != in+out {
		return nil, h.Damaged("it has %d sockets, not %d", len(h.Files), in+out)
	}
	for i, fd := range h.Files {
		bound, err := unix.Getsockname(fd)
		if err == nil && i < in {
			if at := addrPort(bound); at != o.Receive.Paths[i].To {
				return nil, h.Damaged("descriptor %d listens at %v", fd, at)
			}
		} else if err == nil {
			_, err = unix.Getpeername(fd)
		}
		if err != nil {
			return nil, h.Damaged("descriptor %d is not a socket of a stream: %v", fd, err)
		}
	}
	n, err := newSockets(granted, o.Thread)
	if err != nil {
		return nil, err
	}
	if in > 0 {
		n.in = newInbox(datagramBytes(o.Receive))
	}
	for range out {
		n.out = append(n.out, new(outbox))
	}
	n.receive, n.send = append(n.receive, h.Files[:in]...), append(n.send, h.Files[in:]...)
	return n, nil
}

// keep makes the sockets close on exec again.
func (n *sockets) keep() error {
	for _, fd := range n.files() {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
			return audio.ErrIO.With("the sockets cannot be taken over: %v", err)
		}
	}
	return nil
}

// release gives up what does not go on. The sockets stay open.
func (n *sockets) release() {
	n.receive, n.send = nil, nil
	_ = n.Close()
}

// addrPort is the inverse of sockaddr.
func addrPort(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}
