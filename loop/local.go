package loop

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Open is Attach for a program in this process.
func (b *Patchbay) Open(ctx context.Context, name string, o pcm.Options) (*pcm.PCM, error) {
	host := NewLocal()
	end, err := b.Attach(ctx, name, o, host)
	if err != nil {
		return nil, err
	}
	return pcm.New(name, o, end.Grant(), end, host), nil
}

// Local is a Host in this process, and its pcm.Bell: its memory is the heap, its bell a channel. Those who are more than that
// embed it.
type Local struct {
	// Bell holds one ring. Whoever sleeps receives from it.
	Bell chan struct{}
}

// NewLocal returns a Local that nobody has rung for.
func NewLocal() *Local { return &Local{Bell: make(chan struct{}, 1)} }

// Memory implements Host.
func (l *Local) Memory(bytes int) ([]byte, error) { return ring.Memory(bytes), nil }

// Free implements Host: the heap is collected.
func (l *Local) Free([]byte) {}

// Ring implements Host and pcm.Bell. It neither blocks nor allocates.
func (l *Local) Ring() {
	select {
	case l.Bell <- struct{}{}:
	default:
	}
}

// Disconnect implements Host. It does nothing: the end is Ended already, and there is no connection.
func (l *Local) Disconnect(error) {}

// Sleep implements pcm.Bell.
func (l *Local) Sleep(ctx context.Context) error {
	select {
	case <-l.Bell:
		return nil
	case <-ctx.Done():
		return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
	}
}
