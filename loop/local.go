package loop

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Open is Attach for a program in this process.
func (b *Patchbay) Open(ctx context.Context, name string, o pcm.Options) (*pcm.PCM, error) {
	host := &localHost{bell: make(chan struct{}, 1)}
	end, err := b.Attach(ctx, name, o, host)
	if err != nil {
		return nil, err
	}
	return pcm.New(name, o, end.Grant(), end, (*localBell)(host)), nil
}

// localHost is a program in this process: its memory is the heap, its bell a channel.
type localHost struct {
	bell chan struct{}
}

func (h *localHost) Memory(bytes int) ([]byte, error) { return ring.Memory(bytes), nil }

func (h *localHost) Free([]byte) {}

func (h *localHost) Ring() {
	select {
	case h.bell <- struct{}{}:
	default:
	}
}

// Disconnect does nothing: the end is Ended already, and a program here has no connection.
func (h *localHost) Disconnect(error) {}

// localBell is the bell of a localHost as the program sees it.
type localBell localHost

func (b *localBell) Ring() { (*localHost)(b).Ring() }

func (b *localBell) Sleep(ctx context.Context) error {
	select {
	case <-b.bell:
		return nil
	case <-ctx.Done():
		return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
	}
}
