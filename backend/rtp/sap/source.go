package sap

import (
	"net"
	"net/netip"

	"github.com/loopbridge/loopbridge/audio"
)

// Source returns the address from which this machine sends to another one or to a group, on a network interface or, for "", where the
// routes of the system lead. It sends nothing. ErrNoDevice: there is no such interface, or no way.
func Source(to netip.Addr, device string) (netip.Addr, error) {
	if device == "" {
		conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, port)))
		if err != nil {
			return netip.Addr{}, audio.ErrNoDevice.With("there is no way to %s: %v", to, err)
		}
		defer conn.Close()
		at, _ := netip.AddrFromSlice(conn.LocalAddr().(*net.UDPAddr).IP)
		return at.Unmap(), nil
	}
	i, err := net.InterfaceByName(device)
	if err != nil {
		return netip.Addr{}, audio.ErrNoDevice.With("there is no network interface %s", device)
	}
	all, err := i.Addrs()
	if err != nil {
		return netip.Addr{}, audio.ErrNoDevice.With("the addresses of %s are not known: %v", device, err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			if at, ok := netip.AddrFromSlice(n.IP); ok && at.Unmap().Is4() == to.Unmap().Is4() {
				return at.Unmap(), nil
			}
		}
	}
	return netip.Addr{}, audio.ErrNoDevice.With("the network interface %s has no address for %s", device, to)
}
