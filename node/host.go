package node

import "github.com/loopbridge/loopbridge/loop"

// host is a program behind a node as package loop sees it. It has a second bell, for who watches on behalf of poll(2).
type host struct {
	*loop.Local
	watch *loop.Local
	gone  func() // the loop was removed; in a goroutine of its own
}

func newHost() *host { return &host{Local: loop.NewLocal(), watch: loop.NewLocal()} }

// Ring wakes both. It never blocks; the engine calls it.
func (h *host) Ring() {
	h.Local.Ring()
	h.watch.Ring()
}

// Disconnect gives the end up: calls get ECONNRESET until the program closes.
func (h *host) Disconnect(error) { go h.gone() }
