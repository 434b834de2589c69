package rtp

import (
	"encoding/binary"
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// groupSourceReq is struct group_source_req of linux/in.h: an interface, a group, and a source.
type groupSourceReq struct {
	device        uint32
	_             uint32
	group, source [128]byte // struct sockaddr_storage
}

// join makes a socket a member of the group of a path (IGMPv3 of RFC 3376, MLDv2 of RFC 3810): of what one source sends to it, if the
// path names one, or of what all do.
func join(fd int, p session.Path, device int) error {
	to := p.To.Addr().Unmap()
	level, all := unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL
	if to.Is4() {
		level, all = unix.IPPROTO_IP, unix.IP_MULTICAST_ALL
	}
	if err := unix.SetsockoptInt(fd, level, all, 0); err != nil { // nothing of groups that other programs have joined
		return err
	}
	req := groupSourceReq{device: uint32(device)}
	put(&req.group, to.AsSlice())
	if !p.From.IsValid() {
		// struct group_req has the same beginning.
		text := unsafe.String((*byte)(unsafe.Pointer(&req)), unsafe.Offsetof(req.source))
		return unix.SetsockoptString(fd, level, unix.MCAST_JOIN_GROUP, text)
	}
	put(&req.source, p.From.Unmap().AsSlice())
	text := unsafe.String((*byte)(unsafe.Pointer(&req)), unsafe.Sizeof(req))
	return unix.SetsockoptString(fd, level, unix.MCAST_JOIN_SOURCE_GROUP, text)
}

// put writes a struct sockaddr_in or sockaddr_in6.
func put(into *[128]byte, address []byte) {
	const v4, v6 = 4, 8 // where the address is
	if len(address) == 4 {
		binary.NativeEndian.PutUint16(into[:], unix.AF_INET)
		copy(into[v4:], address)
		return
	}
	binary.NativeEndian.PutUint16(into[:], unix.AF_INET6)
	copy(into[v6:], address)
}

// outward sets how a socket sends to a path: by which interface, how far, and how routers treat it.
func outward(fd int, p session.Path, device int) error {
	class := p.DSCP << 2
	if p.To.Addr().Unmap().Is4() {
		errs := errors.Join(
			unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, class),
			unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, p.Hops()),
			unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 1))
		if device > 0 && p.To.Addr().IsMulticast() {
			errs = errors.Join(errs, unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(device)}))
		}
		return errs
	}
	errs := errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, class),
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, p.Hops()),
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, 1))
	if device > 0 && p.To.Addr().IsMulticast() {
		errs = errors.Join(errs, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, device))
	}
	return errs
}

// bound keeps a socket that sends to one host, or hears it, to an interface.
func bound(fd int, p session.Path, device int) error {
	if device == 0 || p.To.Addr().IsMulticast() {
		return nil
	}
	err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX, device)
	if errors.Is(err, syscall.EPERM) {
		return audio.ErrPermission.With("cannot keep %v to interface %s; that needs CAP_NET_RAW, or Linux 5.7", p.To, p.Device)
	}
	return err
}

// only lets the kernel drop what others than one host send to a socket, so that a flood of theirs neither fills it nor wakes anybody.
// It is a filter of the classic kind: linux/filter.h, SKF_NET_OFF.
func only(fd int, p session.Path) error {
	if !p.From.IsValid() {
		return nil
	}
	const network = -0x100000 & 0xffffffff // offsets of the header of IP
	from := p.From.Unmap().AsSlice()
	at := uint32(network + 12)
	if len(from) == 16 {
		at = network + 8
	}
	var filter []unix.SockFilter
	words := len(from) / 4
	for i := range words {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at + uint32(4*i)},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: binary.BigEndian.Uint32(from[4*i:]),
				Jf: uint8(2*(words-i-1) + 1)})
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0})
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}
