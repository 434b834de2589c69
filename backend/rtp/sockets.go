package rtp

import (
	"errors"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// sockets is the network of the machine, and CLOCK_MONOTONIC.
type sockets struct {
	sleep.Monotonic
	bell          *os.File // an eventfd
	polls         []unix.PollFd
	limit         *unix.Timespec
	receive, send []int // descriptors, one for each path
	in            *inbox
	out           *outbox
}

// datagramBytes is the room for a datagram that comes: a packet of the length that is expected, or what an Ethernet carries.
func datagramBytes(s *session.Stream) int {
	const headers = 128 // extensions, SRTP
	packet := max(s.Packet, longestPacket(s.Rate)/2)
	return min(max(1536, packet*s.Channels*encodingOf(s.Payload).Bytes()+headers), 1<<16)
}

// listen opens the sockets that a stream needs.
func listen(o Options, play bool) (_ *sockets, err error) {
	n := &sockets{Monotonic: sleep.NewMonotonic(), limit: new(unix.Timespec)}
	defer func() {
		if err != nil {
			_ = n.Close()
		}
	}()
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, audio.ErrIO.With("no eventfd: %v; is the limit of open files reached?", err)
	}
	n.bell = os.NewFile(uintptr(bell), "eventfd")
	n.polls = []unix.PollFd{{Fd: int32(bell), Events: unix.POLLIN}}
	if o.Receive != nil {
		n.in = newInbox(datagramBytes(o.Receive))
		for _, p := range o.Receive.Paths {
			fd, err := openReceiver(p)
			if err != nil {
				return nil, err
			}
			n.receive = append(n.receive, fd)
		}
	}
	if o.Send != nil && play {
		n.out = new(outbox)
		for _, p := range o.Send.Paths {
			fd, err := openSender(p)
			if err != nil {
				return nil, err
			}
			n.send = append(n.send, fd)
		}
	}
	return n, nil
}

// Sleep implements Net. It blocks the thread.
func (n *sockets) Sleep(until int64) (woken bool, err error) {
	for {
		var limit *unix.Timespec
		if until != Never {
			left := until - n.Now()
			if left <= 0 {
				left = 0
			}
			*n.limit, limit = unix.NsecToTimespec(left), n.limit
		}
		n.polls[0].Revents = 0
		if err := sleep.Poll(n.polls, limit); err != nil && !errors.Is(err, syscall.EINTR) {
			return false, audio.ErrIO.With("the network's thread cannot sleep: %v", err)
		}
		if n.polls[0].Revents != 0 {
			var count [8]byte
			if got, _ := unix.Read(int(n.polls[0].Fd), count[:]); got == len(count) {
				return true, nil
			}
		}
		if until != Never && n.Now() >= until {
			return false, nil
		}
	}
}

// Wake implements Net. A full counter wakes just as well.
func (n *sockets) Wake() { _, _ = n.bell.Write([]byte{1, 0, 0, 0, 0, 0, 0, 0}) }

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
	return n.out.send(n.send[path], datagrams)
}

// Close implements Net.
func (n *sockets) Close() error {
	var errs []error
	for _, fd := range append(n.receive, n.send...) {
		errs = append(errs, unix.Close(fd))
	}
	n.receive, n.send = nil, nil
	if n.bell != nil {
		errs = append(errs, n.bell.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return audio.ErrIO.With("closing the sockets: %v", err)
	}
	return nil
}

// sockaddr returns an address as package unix wants it.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if ip := a.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}
