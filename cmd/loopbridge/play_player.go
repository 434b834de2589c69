package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// player plays a source into an end.
type player struct {
	p      *pcm.PCM
	src    *source
	show   *progress
	limit  int64 // frames; −1: none
	period int   // frames

	written int64  // frames
	lost    string // what xruns have cost, in words
	rest    int    // bytes at the end that were no whole frame
	drained bool   // the source has ended and is no longer read
}

// total returns how many frames there are to play; −1: unknown.
func (pl *player) total() int64 {
	total := pl.src.frames()
	if pl.limit >= 0 && (total < 0 || total > pl.limit) {
		return pl.limit
	}
	return total
}

// play writes everything and closes the end, which delivers the rest; a drain would append
// silence. It also plays what a faulty source gave before the fault.
func (pl *player) play(ctx context.Context) error {
	fault, err := pl.write(ctx)
	if err == nil {
		err = pl.begun(ctx)
	}
	pl.lost = lost(pl.p)
	pl.show.detach()
	defer pl.show.stop()
	if err != nil {
		pl.show.finish("stopped", max(0, pl.written-int64(pl.p.Delay())))
		pl.p.Abandon()
		return stopped(ctx, err)
	}
	if err := pl.p.Close(ctx); err != nil {
		return stopped(ctx, err)
	}
	pl.show.finish("played", pl.written)
	return fault
}

// write returns a fault of the source and an error of the end.
func (pl *player) write(ctx context.Context) (fault, err error) {
	blocks := pl.feed(ctx)
	stall := time.NewTicker(500 * time.Millisecond)
	defer stall.Stop()
	for {
		select {
		case b := <-blocks:
			pl.drained = b.err != nil
			if err := pl.writeBlock(ctx, b.data); err != nil {
				return nil, err
			}
			switch {
			case b.err == io.EOF:
				pl.rest = pl.src.rest
				_, _ = pl.p.Write(ctx, nil) // an eof mark, for readers that count files
				return nil, nil
			case b.err != nil:
				return b.err, nil
			}
		case <-stall.C: // a source that has nothing must not hide that the peer has gone
			if pl.p.State() == ring.Ended {
				return nil, pl.ended(audio.ErrReset)
			}
		case <-ctx.Done():
			return nil, errInterrupted
		}
	}
}

func (pl *player) writeBlock(ctx context.Context, data []byte) error {
	for len(data) > 0 {
		n, err := pl.p.Write(ctx, data)
		if err != nil {
			return pl.ended(err)
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		pl.written += int64(n)
		n *= pl.src.format.FrameBytes()
		pl.show.level(data[:n])
		data = data[n:]
	}
	return nil
}

// block holds frames of a source, and why they are the last.
type block struct {
	data []byte
	err  error
}

// feed reads ahead in a goroutine, which stays in its read when ctx ends.
func (pl *player) feed(ctx context.Context) <-chan block {
	const ahead = 8
	blocks := make(chan block, ahead)
	bytes := pl.period * pl.src.format.FrameBytes()
	left := pl.limit
	go func() {
		for {
			b := block{data: make([]byte, bytes)}
			if left >= 0 && left < int64(pl.period) {
				b.data = b.data[:left*int64(pl.src.format.FrameBytes())]
			}
			n := 0
			if b.err = io.EOF; len(b.data) > 0 {
				n, b.err = pl.src.read(b.data)
			}
			b.data = b.data[:n]
			if left >= 0 {
				left -= int64(n / pl.src.format.FrameBytes())
			}
			select {
			case blocks <- b:
			case <-ctx.Done():
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	return blocks
}

// begun waits until the engine has started to take frames: a close waits for the rest, but not
// long for a server that sleeps.
func (pl *player) begun(ctx context.Context) error {
	room := pl.p.Avail() // read first: if the engine takes the first frame now, Avail grows
	if pl.written == 0 || int64(pl.p.Delay()) < pl.written {
		return nil
	}
	if _, err := pl.p.Wait(ctx, room+1); err != nil {
		return pl.ended(err)
	}
	if pl.p.State() == ring.Ended && pl.p.Delay() > 0 {
		return pl.ended(audio.ErrReset)
	}
	return nil
}

// ended explains an end that came too early.
func (pl *player) ended(err error) error {
	if !errors.Is(err, audio.ErrReset) {
		return err
	}
	peer := "server"
	if pl.p.Role() == pcm.Server {
		peer = "client"
	}
	f := pl.src.format
	played := f.Duration(max(0, pl.written-int64(pl.p.Delay()))).Round(time.Millisecond)
	if total := pl.total(); total >= 0 {
		return audio.ErrReset.With("%s: the %s has gone after %v of %v", pl.p.Name(), peer, played,
			f.Duration(total).Round(time.Millisecond))
	}
	return audio.ErrReset.With("%s: the %s has gone after %v", pl.p.Name(), peer, played)
}

// warn reports what the other end lost.
func (pl *player) warn(e *env) {
	if pl.drained {
		pl.src.warn(e)
	}
	if pl.lost != "" {
		e.warn("%s", pl.lost)
	}
	if pl.rest > 0 {
		e.warn("%s: %s at the end dropped, because a frame of %s has %d", pl.src.name, console.Count(pl.rest, "byte"),
			pl.src.format, pl.src.format.FrameBytes())
	}
}
