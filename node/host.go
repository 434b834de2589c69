package node

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// host is a program behind a node as package loop sees it: its ring is memory of the daemon, its bell two channels, one for
// the call that moves frames and one for who watches on behalf of poll(2).
type host struct {
	bell  chan struct{}
	watch chan struct{}
	gone  func() // the loop was removed; in a goroutine of its own
}

func newHost() *host {
	return &host{bell: make(chan struct{}, 1), watch: make(chan struct{}, 1)}
}

func (h *host) Memory(bytes int) ([]byte, error) { return ring.Memory(bytes), nil }

func (h *host) Free([]byte) {}

// Ring wakes both. It never blocks; the engine calls it.
func (h *host) Ring() {
	latch(h.bell)
	latch(h.watch)
}

// Disconnect gives the end up: calls get ECONNRESET until the program closes.
func (h *host) Disconnect(error) { go h.gone() }

// Sleep blocks until the bell rings, or ctx ends.
func (h *host) Sleep(ctx context.Context) error {
	select {
	case <-h.bell:
		return nil
	case <-ctx.Done():
		return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
	}
}

// latch makes the next receive return at once.
func latch(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
