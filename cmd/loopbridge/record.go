package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// recordBuffer is the default ring size of a recorder: a disk may stall for as long. It adds no latency.
const recordBuffer = 2 * time.Second

// recordCmd records sound from a loop.
type recordCmd struct {
	endFlags
	File string `arg:"" optional:"" help:"File to write, WAV or raw; - or none: standard output." complete:"file"`
}

// Run records until the end of the stream, --duration or a signal; each counts as success.
func (c *recordCmd) Run(ctx context.Context, e *env) error {
	if isStdout(c.File) && console.IsTerminal(e.stdout) {
		return usageError("the standard output is a terminal: name a file, or pipe it somewhere")
	}
	signal.Ignore(syscall.SIGXFSZ) // exceeding the file size limit is a write error
	l, err := c.peek(ctx, e)
	if err != nil {
		return stopped(ctx, err)
	}
	known := l.Format
	if err := c.feasible(l); err != nil {
		return err
	}
	show := showProgress(e, c.Loop, "recording", c.Wait != 0)
	defer show.stop()
	rate := c.wanted().Or(known).Or(audio.DefaultFormat()).Rate
	p, err := c.open(ctx, e, pcm.Read, c.ordered(known), rate, recordBuffer)
	if err != nil {
		return stopped(ctx, err)
	}
	defer release(p)
	if err := c.fits(p.Format()); err != nil {
		return err
	}
	out, err := interruptibly(ctx, func() (*sink, error) { return createSink(&c.endFlags, c.File, p.Format(), e) })
	if err != nil {
		return err
	}
	r := recorder{p: p, out: out, show: show, limit: c.limit(p.Format())}
	show.attach(p, r.limit)
	err = r.record(ctx, c.Period.at(p.Format().Rate))
	show.finish("recorded", out.frames)
	show.stop()
	missed := lost(p)
	if closed := out.close(); err == nil {
		err = closed
	}
	if missed != "" {
		e.warn("%s", missed)
	}
	if err == nil && r.reset && daemonGone(ctx, e) {
		length := p.Format().Duration(out.frames).Round(time.Millisecond)
		return fmt.Errorf("%s: the daemon has gone; what was recorded before, %v, is complete", c.Loop, length)
	}
	return err
}

// ordered returns the format to ask a loop for: the channel order of a WAV file, if the number of
// channels is known and no order was requested. A client that accepts the loop's format learns
// the order after the open.
func (c *recordCmd) ordered(known audio.Format) audio.Format {
	f := c.wanted()
	if c.raw(c.File) || f.Channels == 0 && (!c.Server || known.Positions.Known()) {
		return f
	}
	if f.Channels == 0 {
		f.Channels = known.Or(audio.DefaultFormat()).Channels
	}
	f.Positions = wav.Positions(f.Channels)
	return f
}

// release closes an end that has read, and waits for the daemon, so that a script can open it again.
func release(p *pcm.PCM) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.Close(ctx)
}

// feasible reports what is known to fail after the open.
func (c *recordCmd) feasible(l api.Loop) error {
	if err := writable(c.File); err != nil {
		return err
	}
	if c.Server || l.Server != nil {
		return c.fits(c.wanted().Or(l.Format).Or(audio.DefaultFormat()))
	}
	return c.fits(c.wanted().Or(audio.DefaultFormat()))
}

// fits reports what a WAV file cannot hold.
func (c *recordCmd) fits(f audio.Format) error {
	if c.raw(c.File) || inWAV(f) {
		return nil
	}
	if c.Server {
		_, err := wav.NewWriter(io.Discard, f)
		return fmt.Errorf("%s: %w, or record it raw with --raw", c.Loop, err)
	}
	return audio.ErrInvalid.With("%s: a WAV file cannot hold %s: record it raw with --raw", c.Loop, f.Encoding)
}

func inWAV(f audio.Format) bool {
	_, err := wav.NewWriter(io.Discard, f)
	return err == nil
}

// recorder records an end into a sink.
type recorder struct {
	p     *pcm.PCM
	out   *sink
	show  *progress
	limit int64 // frames; −1: none
	reset bool  // the stream has ended
}

// record reads blocks of period frames (0: the default) until the end. When ctx ends it still
// reads what is there.
func (r *recorder) record(ctx context.Context, period int) error {
	f := r.p.Format()
	if period == 0 {
		period = max(1, int(f.Frames(pcm.DefaultPeriod)))
	}
	buf := make([]byte, period*f.FrameBytes())
	for ctx.Err() == nil {
		n := r.left(period)
		if n == 0 {
			return nil
		}
		if err := r.block(ctx, buf[:n*f.FrameBytes()]); err != nil {
			return r.ended(ctx, err)
		}
	}
	for rest := r.left(r.p.Avail()); rest > 0; {
		n := min(rest, period)
		if err := r.block(context.WithoutCancel(ctx), buf[:n*f.FrameBytes()]); err != nil {
			return r.ended(ctx, err)
		}
		rest -= n
	}
	return nil
}

// left returns how many of n frames are still to be recorded.
func (r *recorder) left(n int) int {
	if r.limit < 0 {
		return n
	}
	return int(min(int64(n), r.limit-r.out.frames))
}

func (r *recorder) block(ctx context.Context, buf []byte) error {
	n, err := r.p.Read(ctx, buf)
	if err != nil {
		return err
	}
	buf = buf[:n*r.p.Format().FrameBytes()]
	r.show.level(buf)
	return r.out.write(buf)
}

// ended returns nil for a normal end, else the error.
func (r *recorder) ended(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, audio.ErrReset):
		r.reset = true
		return nil
	case errors.Is(err, audio.ErrInterrupted) && ctx.Err() != nil:
		return nil
	}
	return err
}
