package server

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/loop"
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

// StateOfEnding freezes a server with one connection, closes that as an answer does that fails, and returns what is handed
// over. Then everything goes on.
func StateOfEnding(t *testing.T, s *Server, bay *loop.Patchbay) State {
	t.Helper()
	f, err := s.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Thaw()
	loops := bay.Freeze()
	defer loops.Thaw()
	if _, err := loops.State(); err != nil { // which numbers the ends
		t.Fatal(err)
	}
	f.conns[0].UnixConn.Close()
	state, err := f.State(loops)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// ResumeEnded resumes a connection that had ended, and held the server end of a loop.
func ResumeEnded(t *testing.T, s *Server, bay *loop.Patchbay, name string) {
	t.Helper()
	h, err := newHost(func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	end, err := bay.Attach(t.Context(), name, pcm.Options{Role: pcm.Server, Direction: pcm.Read}, h)
	if err != nil {
		t.Fatal(err)
	}
	r := Resume(&State{Conns: []ConnState{{File: -1, Opened: true, Greeted: true, End: 1}}})
	r.hosts[1] = h
	r.Run(s, map[int]*loop.End{1: end})
}
