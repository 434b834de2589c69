package handset

import (
	"context"
	"errors"

	"github.com/loopbridge/loopbridge/audio"
)

// nobody is the carrier between two calls.
type nobody struct{}

func (nobody) Send([]byte, bool)    {}
func (nobody) Receive(block []byte) { clear(block) }

// rest lets clients of a handset that holds go on without a call. A client that closes makes room for the next one.
func (h *Handset) rest() {
	if !h.hold {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	h.lower, h.rested = stop, make(chan struct{})
	go func() {
		defer close(h.rested)
		for errors.Is(h.carry(ctx, nobody{}), audio.ErrReset) && ctx.Err() == nil {
			if h.halt() != nil {
				return // the next call says so
			}
		}
	}()
}

// rise ends the rest.
func (h *Handset) rise() {
	if h.lower == nil {
		return
	}
	h.lower()
	<-h.rested
	h.lower = nil
}
