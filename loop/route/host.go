package route

import (
	"context"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// host is a route as an end sees it.
type host struct {
	*loop.Local
	route string
	end   *loop.End
}

func newHost(route string) *host { return &host{Local: loop.NewLocal(), route: route} }

// Routed implements loop.Routed.
func (h *host) Routed() {}

// runs blocks until the end runs, and reports whether it does.
func (h *host) runs(ctx context.Context) bool {
	return h.until(ctx, func(s ring.State) bool { return s == ring.Running || s == ring.Ended }) == ring.Running
}

// ended blocks until the end is over.
func (h *host) ended(ctx context.Context) {
	h.until(ctx, func(s ring.State) bool { return s == ring.Ended || s == ring.Idle })
}

func (h *host) until(ctx context.Context, is func(ring.State) bool) ring.State {
	for {
		if s := h.end.Ring.State(); is(s) || ctx.Err() != nil {
			return s
		}
		select {
		case <-h.Bell:
		case <-ctx.Done():
		}
	}
}
