package rtp

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// kernelRoom is how many bytes the kernel keeps while nobody takes them: during an upgrade, half a second of 64 channels.
const kernelRoom = 4 << 20

// openReceiver opens a socket that hears what comes to a path. shared: another one may be there, and then hears nothing any more.
func openReceiver(p session.Path, shared bool) (_ int, err error) {
	fd, err := open(p)
	if err != nil {
		return -1, err
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	device, err := interfaceOf(p)
	if err != nil {
		return -1, err
	}
	group := p.To.Addr().IsMulticast()
	if group || shared { // others may hear the same
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return -1, refused("listen at", p, err)
		}
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, kernelRoom) // the kernel gives what it may
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return -1, refused("listen at", p, err)
	}
	err = errors.Join(bound(fd, p, device), only(fd, p))
	if err == nil {
		err = unix.Bind(fd, sockaddr(p.To, device))
	}
	if err == nil && group {
		err = join(fd, p, device)
	}
	if err != nil {
		return -1, refused("listen at", p, err)
	}
	return fd, nil
}

// openSender opens a socket that sends to a path.
func openSender(p session.Path) (int, error) {
	fd, err := open(p)
	if err != nil {
		return -1, err
	}
	device, err := interfaceOf(p)
	if err == nil {
		if err = errors.Join(outward(fd, p, device), bound(fd, p, device)); err == nil {
			err = unix.Connect(fd, sockaddr(p.To, device))
		}
		err = refused("send to", p, err)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// open returns a socket of the family of a path.
func open(p session.Path) (int, error) {
	family := unix.AF_INET6
	if p.To.Addr().Unmap().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_UDP)
	if err != nil {
		return -1, refused("open a socket for", p, err)
	}
	return fd, nil
}

// refused says for people why the kernel does not give a socket.
func refused(doing string, p session.Path, err error) error {
	var told *audio.Error
	switch {
	case err == nil || errors.As(err, &told):
		return err
	case errors.Is(err, syscall.EADDRINUSE):
		return audio.ErrBusy.With("cannot %s %v: another program has this port; end it, or choose another port", doing, p.To)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return audio.ErrPermission.With("cannot %s %v: %v; ports below 1024 need CAP_NET_BIND_SERVICE, "+
			"and the service's sandbox must allow networks (RestrictAddressFamilies)", doing, p.To, err)
	case errors.Is(err, syscall.EAFNOSUPPORT):
		return audio.ErrPermission.With("cannot %s %v: the system or the service's sandbox does not allow networks of this kind "+
			"(RestrictAddressFamilies)", doing, p.To)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return audio.ErrNoDevice.With("cannot %s %v: this machine has no such address now", doing, p.To)
	case errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return audio.ErrNoDevice.With("cannot %s %v: there is no network that leads there now: %v", doing, p.To, err)
	}
	return audio.ErrIO.With("cannot %s %v: %v", doing, p.To, err)
}

// interfaceOf returns the number of the network interface of a path, or 0 for that of the routes of the system.
func interfaceOf(p session.Path) (int, error) {
	if p.Device == "" {
		return 0, nil
	}
	i, err := net.InterfaceByName(p.Device)
	if err != nil {
		return 0, audio.ErrNoDevice.With("there is no network interface %s now", p.Device)
	}
	return i.Index, nil
}
