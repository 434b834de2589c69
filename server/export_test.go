package server

import (
	"maps"
	"net"
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
