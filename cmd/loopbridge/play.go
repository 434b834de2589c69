package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// playCmd plays sound into a loop.
type playCmd struct {
	endFlags
	File string `arg:"" optional:"" help:"File to play, WAV or raw; - or none: standard input." complete:"file"`
}

// Run plays. A client returns when the engine has taken everything; what a server has written is
// delivered after it exits.
func (c *playCmd) Run(ctx context.Context, e *env) error {
	src, err := interruptibly(ctx, func() (*source, error) { return openSource(&c.endFlags, c.File, e) })
	if err != nil {
		return err
	}
	defer src.close()
	src.warn(e)
	rate := src.format.Rate
	if rate == 0 {
		l, err := c.peek(ctx, e)
		if err != nil {
			return stopped(ctx, err)
		}
		rate = l.Format.Or(audio.DefaultFormat()).Rate
	}
	show := showProgress(e, c.Loop, "playing", c.Wait != 0)
	defer show.stop()
	p, err := c.open(ctx, e, pcm.Write, src.format, rate, 0)
	if err != nil {
		return stopped(ctx, err)
	}
	src.format = p.Format()
	player := player{p: p, src: src, show: show, limit: c.limit(src.format), period: max(1, c.Period.at(src.format.Rate))}
	if c.Period == (blockSize{}) {
		player.period = max(1, int(src.format.Frames(pcm.DefaultPeriod)))
	}
	show.attach(p, player.total())
	err = player.play(ctx)
	player.warn(e)
	if errors.Is(err, audio.ErrReset) && daemonGone(ctx, e) {
		return fmt.Errorf("%s: the daemon went away before all was played", c.Loop)
	}
	return err
}

// stopped returns errInterrupted if a signal caused err, else err.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}
