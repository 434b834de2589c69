package client

import (
	"context"

	"github.com/loopbridge/loopbridge/client/internal/reach"
	"github.com/loopbridge/loopbridge/wire"
)

// List is what the daemon on a socket says of its loops, by name. ErrNoDaemon,
// ErrPermission; ErrTimedOut: it does not answer.
func List(ctx context.Context, socket string) (all []wire.Loop, err error) {
	err = reach.Bound(ctx, socket, func(ctx context.Context) (err error) {
		all, err = list(ctx, socket)
		return err
	})
	return all, err
}

func list(ctx context.Context, socket string) ([]wire.Loop, error) {
	c, err := dial(ctx, socket)
	if err != nil {
		return nil, err
	}
	defer c.close()
	ch, err := c.send(&wire.Request{Header: wire.Header{Op: wire.OpList}}, true)
	if err != nil {
		return nil, err
	}
	var all []wire.Loop
	for {
		select {
		case a, ok := <-ch:
			switch {
			case !ok:
				return nil, c.errGone()
			case a.failure() != nil:
				return nil, a.failure()
			case a.Last != 0:
				return all, nil
			}
			all = append(all, a.Loop)
		case <-ctx.Done():
			return nil, interrupted(ctx)
		}
	}
}
