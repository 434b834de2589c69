package server

import (
	"net"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// What an address may do over TCP: requests, and wrong tokens. A burst is allowed at first, and after a rest.
const (
	requestRate, requestBurst = 100, 200 // a second
	wrongRate, wrongBurst     = 0.2, 10  // a second
)

// guest is an address from which operators come.
type guest struct {
	requests, wrong *rate.Limiter
}

// exhausted reports whether too many tokens from here were wrong.
func (g *guest) exhausted() bool { return g.wrong.Tokens() < 1 }

// maxGuests bounds how many addresses are remembered: the latest ones, and up to twice as many.
const maxGuests = 1024

// guests remembers addresses. Any goroutine may use it.
type guests struct {
	mu          sync.Mutex
	now, before map[netip.Addr]*guest
}

// of returns the guest at the other end of a connection. All addresses of an IPv6 network of 64 bits are one.
func (g *guests) of(a net.Addr) *guest {
	var at netip.Addr
	if tcp, ok := a.(*net.TCPAddr); ok {
		at = tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	if at.Is6() {
		network, _ := at.Prefix(64)
		at = network.Addr()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.now[at]; known != nil {
		return known
	}
	known := g.before[at]
	if known == nil {
		known = &guest{rate.NewLimiter(requestRate, requestBurst), rate.NewLimiter(wrongRate, wrongBurst)}
	}
	if len(g.now) >= maxGuests || g.now == nil {
		g.before, g.now = g.now, make(map[netip.Addr]*guest)
	}
	g.now[at] = known
	return known
}
