package loop

import (
	"context"
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Drain returns when everything that was written into the loop before is taken, as the
// DRAIN of each program would. ErrNoDevice: there is no such loop. ErrReset: a stream has
// ended first. ErrInterrupted: ctx has.
func (b *Patchbay) Drain(ctx context.Context, name string) error {
	return b.each(name, func(e *End) error {
		if e.dir != pcm.Write {
			return nil
		}
		return e.Drain(ctx)
	})
}

// Halt drops what is on its way in the loop, and ends its sessions, as the Halt of each
// program would; they may go on with new ones. ErrNoDevice: there is no such loop.
func (b *Patchbay) Halt(ctx context.Context, name string) error {
	return b.each(name, func(e *End) error { return e.Halt(ctx) })
}

// each does something with every end that a program holds.
func (b *Patchbay) each(name string, do func(*End) error) error {
	l, err := b.find(name)
	if err != nil {
		return err
	}
	l.mu.Lock()
	ends := append([]*End{}, l.clients...)
	if l.server != nil {
		ends = append(ends, l.server)
	}
	l.mu.Unlock()
	var errs []error
	for _, e := range ends {
		// One that was closed meanwhile, or left behind by its server, has nothing to do.
		if err := do(e); err != nil && !errors.Is(err, audio.ErrClosed) && !errors.Is(err, audio.ErrGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
