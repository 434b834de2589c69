package node

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// host is a program behind a node as package loop sees it. Its bell wakes the follower of the stream.
type host struct {
	*loop.Local
	slept bool   // a transfer would have; guarded by stream.mu
	gone  func() // the loop was removed; in a goroutine of its own
}

func newHost() *host { return &host{Local: loop.NewLocal()} }

// Sleep implements pcm.Bell. It notes that the transfer has to wait, and ends it: the stream tries again when the bell rings.
func (h *host) Sleep(context.Context) error {
	h.slept = true
	return audio.ErrInterrupted
}

// Disconnect gives the end up: calls get ECONNRESET until the program closes.
func (h *host) Disconnect(error) { go h.gone() }
