package bench

import (
	"context"
	"errors"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// drain moves frames and waits until they are taken, marks them, and does it again.
func (p *program) drain(ctx, life context.Context) error {
	if err := p.move(life); err != nil || p.pcm.Direction() == pcm.Read {
		return err
	}
	leave, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	if _, err := p.pcm.Write(leave, nil); err != nil { // an eof mark
		return err
	}
	return p.pcm.Drain(leave)
}

// halt ends a session in the middle, and begins another one.
func (p *program) halt(ctx, life context.Context) error {
	half, cancel := context.WithTimeout(life, p.Life/2)
	defer cancel()
	if err := p.move(half); err != nil {
		return err
	}
	if err := p.pcm.Halt(ctx); err != nil {
		return err
	}
	return p.move(life)
}

// pause pauses in the middle.
func (p *program) pause(ctx, life context.Context) error {
	part, cancel := context.WithTimeout(life, p.Life/3)
	defer cancel()
	if err := p.move(part); err != nil {
		return err
	}
	if err := p.pcm.Pause(ctx, true); err != nil {
		return err
	}
	rest(life, p.Life/3)
	if err := p.pcm.Pause(ctx, false); err != nil {
		return err
	}
	return p.move(life)
}

// setup asks for what cannot be, and for what may not be now.
func (p *program) setup(ctx, life context.Context) error {
	for _, s := range []pcm.Setup{
		{Format: audio.Format{Rate: 1}}, {Format: audio.Format{Channels: 10_000}}, {Period: 1000, Buffer: 5000},
		{Format: audio.Format{Rate: 44100, Channels: 1, Encoding: audio.MuLaw}},
	} {
		err := p.pcm.Setup(ctx, s)
		if err != nil && !errors.Is(err, audio.ErrInvalid) && !errors.Is(err, audio.ErrBusy) {
			return err
		}
	}
	return p.move(life)
}

// deaf begins, and then neither reads nor writes.
func (p *program) deaf(_, life context.Context) error {
	p.pcm.SetNonblock(p.pcm.Role() == pcm.Client)
	_, err := p.pcm.Poll(1)
	if err == nil || errors.Is(err, audio.ErrWouldBlock) {
		rest(life, p.Life)
		return nil
	}
	return err
}

// rest returns after a time, or when ctx ends.
func rest(ctx context.Context, d time.Duration) {
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-late.C:
	case <-ctx.Done():
	}
}
