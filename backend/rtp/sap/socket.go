package sap

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

const port = 9875 // of SAP

// Open returns the Port of this machine. listen: it also receives, on all interfaces that have multicast; else it binds no port.
// ErrPermission: the process may not use the network. ErrBusy: another program has port 9875 for itself.
func Open(listen bool) (Port, error) {
	s := &sockets{joined: map[int]bool{}}
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return control(c, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
	}}
	sender, err := config.ListenPacket(context.Background(), "udp4", "0.0.0.0:0")
	if err != nil {
		return nil, refusal(err)
	}
	s.sender = sender.(*net.UDPConn)
	if !listen {
		return s, nil
	}
	receiver, err := config.ListenPacket(context.Background(), "udp4", "0.0.0.0:"+strconv.Itoa(port))
	if err != nil {
		return nil, errors.Join(refusal(err), sender.Close())
	}
	s.receiver = receiver.(*net.UDPConn)
	if err := s.option(s.receiver, func(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0) }); err != nil {
		return nil, errors.Join(refusal(err), s.Close())
	}
	s.Refresh()
	return s, nil
}

// refusal returns why there is no socket.
func refusal(err error) error {
	var errno syscall.Errno
	errors.As(err, &errno)
	switch errno {
	case unix.EADDRINUSE:
		return audio.ErrBusy.With("port %d of UDP is in use by a program that does not share it: streams that are announced are not seen", port)
	case unix.EACCES, unix.EPERM, unix.EAFNOSUPPORT:
		return audio.ErrPermission.With("the daemon may not use the network (%v): the unit of systemd needs RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK, "+
			"see docs/network.md", errno)
	}
	return audio.ErrIO.With("announcements of streams: %v", err)
}

// sockets is the Port of the machine.
type sockets struct {
	sender, receiver *net.UDPConn // receiver is nil if nothing listens

	mu     sync.Mutex   // an interface is chosen, and a datagram sent
	joined map[int]bool // interfaces, by index; of the goroutine that calls Refresh
}

// Receive implements Port.
func (s *sockets) Receive(buffer []byte) (n int, from netip.Addr, err error) {
	for {
		n, at, err := s.receiver.ReadFromUDPAddrPort(buffer)
		if err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return n, at.Addr().Unmap(), err
		}
	}
}

// Send implements Port.
func (s *sockets) Send(datagram []byte, group netip.Addr, device string, ttl int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	choice := unix.IPMreqn{}
	if device != "" {
		i, err := net.InterfaceByName(device)
		if err != nil {
			return audio.ErrNoDevice.With("there is no network interface %s", device)
		}
		choice.Ifindex = int32(i.Index)
	}
	err := s.option(s.sender, func(fd int) error {
		return errors.Join(unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &choice), unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, ttl))
	})
	if err != nil {
		return err
	}
	_, err = s.sender.WriteToUDPAddrPort(datagram, netip.AddrPortFrom(group, port))
	return err
}

// Refresh implements Port.
func (s *sockets) Refresh() {
	if s.receiver == nil {
		return
	}
	all, err := net.Interfaces()
	if err != nil {
		return
	}
	there := map[int]bool{}
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagMulticast == 0 && i.Flags&net.FlagLoopback == 0 {
			continue
		}
		there[i.Index] = s.joined[i.Index] || s.join(i.Index)
	}
	s.joined = there // one that went has left its groups
}

// join joins the groups on an interface.
func (s *sockets) join(index int) bool {
	err := s.option(s.receiver, func(fd int) error {
		for _, g := range Groups() {
			m := unix.IPMreqn{Multiaddr: g.As4(), Ifindex: int32(index)}
			if err := unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &m); err != nil && !errors.Is(err, unix.EADDRINUSE) {
				return err
			}
		}
		return nil
	})
	return err == nil
}

func (s *sockets) option(c *net.UDPConn, set func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return control(raw, set)
}

func control(c syscall.RawConn, set func(fd int) error) error {
	var failed error
	if err := c.Control(func(fd uintptr) { failed = set(int(fd)) }); err != nil {
		return err
	}
	return failed
}

// Close implements Port.
func (s *sockets) Close() error {
	err := s.sender.Close()
	if s.receiver != nil {
		err = errors.Join(err, s.receiver.Close())
	}
	return err
}
