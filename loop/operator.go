package loop

import (
	"context"
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Drain blocks until everything written into the loop before is taken, as if each program drained.
// ErrNoDevice: there is no such loop. ErrReset: a stream ended first. ErrInterrupted: ctx ended.
func (b *Patchbay) Drain(ctx context.Context, name string) error {
	return b.each(name, func(e *End) error {
		if e.dir != pcm.Write {
			return nil
		}
		return e.Drain(ctx)
	})
}

// Halt drops what is on its way in the loop and ends its sessions, as if each program halted; they
// may start new ones. ErrNoDevice: there is no such loop.
func (b *Patchbay) Halt(ctx context.Context, name string) error {
	return b.each(name, func(e *End) error { return e.Halt(ctx) })
}

// each calls do for every end that a program holds.
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
		// An end that closed by now, or lost its server, has nothing to do.
		if err := do(e); err != nil && !errors.Is(err, audio.ErrClosed) && !errors.Is(err, audio.ErrGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
