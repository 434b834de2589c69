package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// endFlags are the flags of play and record: which end, and how to open it.
type endFlags struct {
	Loop string `arg:"" help:"Name of the loop, as loopbridge ls shows it." complete:"loop"`

	Server   bool           `help:"Hold the server end, which sets the loop's format."`
	Wait     waitFlag       `help:"Wait for the daemon, a server and the previous client; --wait=10s: at most 10 s."`
	Rate     int            `short:"r" help:"Frames per second." placeholder:"HZ"`
	Channels int            `short:"c" help:"Samples per frame." placeholder:"N"`
	Format   audio.Encoding `short:"f" help:"Encoding of a sample, such as S16_LE." placeholder:"NAME" complete:"format"`
	Duration length         `short:"d" help:"Stop after this much sound, such as 10s." placeholder:"TIME"`
	Period   blockSize      `help:"How much to move at a time, such as 5ms, or in frames." placeholder:"SIZE"`
	Buffer   blockSize      `help:"How much the end can hold, such as 100ms, or in frames." placeholder:"SIZE"`
	Raw      bool           `help:"The sound has no WAV header. Implied by names that end in .raw or .pcm."`

	awaited error // no daemon answered
}

// Validate implements kong.Validatable. It checks the flags against each other.
func (f *endFlags) Validate() error {
	d := audio.DefaultFormat()
	if err := f.wanted().Or(d).Validate(); err != nil {
		return err
	}
	return nil
}

// wanted returns the requested format; other fields are zero.
func (f *endFlags) wanted() audio.Format {
	return audio.Format{Rate: f.Rate, Channels: f.Channels, Encoding: f.Format}
}

// raw reports whether a file has no header.
func (f *endFlags) raw(file string) bool {
	ext := strings.ToLower(filepath.Ext(file))
	return f.Raw || ext == ".raw" || ext == ".pcm"
}

// limit returns --duration in frames; −1 without it.
func (f *endFlags) limit(format audio.Format) int64 {
	if f.Duration == 0 {
		return -1
	}
	return max(1, format.Frames(time.Duration(f.Duration)))
}

// peek returns the loop before it is opened. If there is none, the open explains that better;
// only a daemon that does not answer is an error, so that no second wait follows.
func (f *endFlags) peek(ctx context.Context, e *env) (api.Loop, error) {
	if f.await(ctx, e) != nil {
		return api.Loop{}, nil
	}
	l, err := control.New(e.socket()).Loop(ctx, f.Loop)
	if errors.Is(err, audio.ErrTimedOut) {
		return api.Loop{}, err
	}
	return l, nil
}

// await waits for the daemon if --wait says so. The remaining time is for the server.
func (f *endFlags) await(ctx context.Context, e *env) error {
	if f.Wait == 0 || e.found != "" || f.awaited != nil {
		return f.awaited
	}
	found, left, err := client.Await(ctx, e.socketFlag, time.Duration(f.Wait))
	if err != nil {
		f.awaited = err
		return err
	}
	e.found, f.Wait = found, waitFlag(left)
	return nil
}

// open opens the end. usual is the buffer without --buffer, 0 for the loop's own. rate converts
// durations to frames.
func (f *endFlags) open(ctx context.Context, e *env, dir audio.Direction, format audio.Format, rate int,
	usual time.Duration) (*pcm.PCM, error) {
	if err := f.await(ctx, e); err != nil {
		return nil, err
	}
	e.found = e.socket() // even if the open fails
	buffer := f.Buffer
	if buffer == (blockSize{}) {
		buffer.duration = usual
	}
	o := pcm.Options{
		Role: pcm.Client, Direction: dir, Format: format, Wait: time.Duration(f.Wait),
		Period: f.Period.at(rate), Buffer: buffer.at(rate),
	}
	if f.Server {
		o.Role = pcm.Server
	}
	p, err := client.Open(ctx, e.socket(), f.Loop, o)
	if err != nil {
		return nil, f.advise(err, o)
	}
	return p, nil
}

// advise adds to an error what this command line can do about it.
func (f *endFlags) advise(err error, o pcm.Options) error {
	other := map[audio.Direction]string{pcm.Read: "play", pcm.Write: "record"}[o.Direction]
	switch client := o.Role == pcm.Client; {
	case client && o.Wait == 0 && (errors.Is(err, audio.ErrNoServer) || errors.Is(err, audio.ErrBusy)):
		return fmt.Errorf("%w (--wait)", err)
	case client && errors.Is(err, audio.ErrAccess):
		return fmt.Errorf("%w: try loopbridge %s", err, other)
	}
	return err
}

// lost says what xruns of p have cost, "" for nothing.
func lost(p *pcm.PCM) string {
	bursts, frames := p.Xruns()
	if frames == 0 {
		return ""
	}
	d := p.Format().Duration(int64(frames)).Round(10 * time.Microsecond)
	if p.Direction() == pcm.Read {
		return fmt.Sprintf("%s: %s, %d frames (%v) were lost because this program read too late; a longer --buffer helps",
			p.Name(), console.Count(int(bursts), "overrun"), frames, d)
	}
	return fmt.Sprintf("%s: %s, %d frames (%v) of silence were inserted because this program wrote too late",
		p.Name(), console.Count(int(bursts), "underrun"), frames, d)
}

// daemonGone reports whether the stream ended because the daemon has gone.
func daemonGone(ctx context.Context, e *env) bool {
	_, err := control.New(e.socket()).Loops(ctx)
	return errors.Is(err, audio.ErrNoDaemon) || errors.Is(err, audio.ErrReset)
}

// interruptibly abandons f when ctx ends: opening a named pipe or reading a terminal cannot be cancelled.
func interruptibly[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, errInterrupted
	}
}

// errInterrupted is the error of a command that a signal stopped before its work was done.
var errInterrupted = errors.New("interrupted")
