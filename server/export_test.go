package server

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Hurry shortens the patience of a server that does not serve yet.
func (s *Server) Hurry(first, reply time.Duration) { s.patience = patience{first: first, reply: reply} }

// Identify asks peers with these users and this group about a connection.
func Identify(c *net.UnixConn, gid uint32, uids ...uint32) (pcm.Holder, error) {
	p := peers{gid: gid, uids: map[uint32]bool{}}
	for _, uid := range uids {
		p.uids[uid] = true
	}
	return p.identify(c)
}

// Handlers are what a Control answers, as "METHOD path".
func Handlers() []string { return slices.Collect(maps.Keys((&Control{}).handlers())) }

// RemoteOn is ListenTCP on a listener of the test, and serves until Close.
func (c *Control) RemoteOn(l net.Listener, tokenFile string) (*Remote, error) {
	r, err := c.newRemote(TCP{Address: netip.MustParseAddrPort("127.0.0.1:1"), TokenFile: tokenFile})
	if err == nil {
		r.listenOn(l)
	}
	return r, err
}

// Remembers tells how many of some addresses are remembered, each of which came once.
func Remembers(addresses []net.Addr) int {
	var g guests
	for _, a := range addresses {
		g.of(a)
	}
	return len(g.now) + len(g.before)
}

// MaxGuests is how many addresses are remembered at most.
const MaxGuests = 2 * maxGuests
