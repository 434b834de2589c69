package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/analysis"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// analyseCmd measures what can be recorded from a loop.
type analyseCmd struct {
	Tap     string          `arg:"" help:"A loop, to listen to as record does; or a place: a device, an end or a route, as main:play, main:record, loop0/client, route/mic." complete:"tap"`
	Server  bool            `help:"Hold the server end, which sets the loop's format."`
	Wait    waitFlag        `help:"Wait for the daemon, a server and the previous client; --wait=10s: at most 10 s."`
	Seconds float64         `help:"How much sound to look at; with --watch, how much of the past counts; default: 2." default:"2" placeholder:"N"`
	FFT     int             `name:"fft" help:"Samples of a transform: 2048, 4096 … 65536; default: 16384." default:"16384" placeholder:"N"`
	Window  spectrum.Window `help:"Window of the transform: hann, blackman-harris, blackman-harris-7, flat-top or rectangular; default: blackman-harris-7." default:"blackman-harris-7" placeholder:"NAME" complete:"hann,blackman-harris,blackman-harris-7,flat-top,rectangular"`
	Bands   int             `help:"Bands in an octave: 1, 3, 6, 12 or 24; 0: none; default: 3." default:"3" placeholder:"N" complete:"0,1,3,6,12,24"`
	Plot    string          `help:"Draw the spectrum." placeholder:"FILE.png" complete:"file"`
	Watch   bool            `help:"Show it anew twice a second until interrupted."`
	JSON    bool            `name:"json" help:"Print JSON; with --watch, an object each time."`
}

// renewal is how often --watch shows something new.
const renewal = 500 * time.Millisecond

// Validate implements kong.Validatable.
func (c *analyseCmd) Validate() error {
	if !(c.Seconds >= 0.1 && c.Seconds <= 86400) {
		return fmt.Errorf("--seconds %g is out of range; use 0.1 to 86400", c.Seconds)
	}
	if c.Watch && c.Plot != "" {
		return fmt.Errorf("--plot draws once: leave out --watch")
	}
	if c.Bands != 0 {
		if _, err := spectrum.Bands(c.Bands, audio.DefaultFormat().Rate, analysis.Low, analysis.High); err != nil {
			return fmt.Errorf("--bands: %w", err)
		}
	}
	if err := (spectrum.Config{Rate: 1, Size: c.FFT}).Validate(); err != nil {
		return fmt.Errorf("--fft: %w", err)
	}
	return nil
}

// Run listens and prints what it heard. A signal ends it early, which counts as success once it has heard something.
func (c *analyseCmd) Run(ctx context.Context, e *env) error {
	show := showProgress(e, c.Tap, "analysing", c.Wait != 0)
	defer show.stop()
	p, err := c.open(ctx, e)
	if err != nil {
		return stopped(ctx, err)
	}
	defer p.close()
	o := analysis.Options{Size: c.FFT, Window: c.Window, Bands: c.Bands}
	if c.Watch {
		o.Tau = time.Duration(c.Seconds * float64(time.Second))
		show.stop()
		show = nil // the screen is ours
	}
	a, err := analysis.New(p.Format(), o)
	if err != nil {
		return err
	}
	limit := int64(math.Ceil(c.Seconds * float64(p.Format().Rate)))
	if p.end != nil {
		show.attach(p.end, limit)
	}
	l := listener{p: p, a: a, show: show}
	if c.Watch {
		err = c.watch(ctx, e, &l)
	} else if err = l.hear(ctx, limit); err == nil {
		show.finish("analysed", l.frames)
		show.stop()
		err = c.print(ctx, e, &l)
	}
	if missed := p.lost(); missed != "" {
		e.warn("%s", missed)
	}
	return err
}

// open begins to listen.
func (c *analyseCmd) open(ctx context.Context, e *env) (*opened, error) {
	switch place, err := c.isPlace(ctx, e); {
	case err != nil:
		return nil, err
	case !place:
		return c.program(ctx, e)
	case c.Watch:
		return c.place(ctx, e, 0)
	}
	return c.place(ctx, e, c.Seconds)
}

// print prints the report of all that was heard.
func (c *analyseCmd) print(ctx context.Context, e *env, l *listener) error {
	if l.frames == 0 {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return fmt.Errorf("%s: the stream ended before there was any sound", c.Tap)
	}
	r := l.a.Report(c.Tap)
	var err error
	if c.JSON {
		err = writeJSON(e.stdout, &r)
	} else {
		err = writeReport(e.stdout, &r)
	}
	if err == nil && c.Plot != "" {
		err = plotSpectrum(c.Plot, &r, l.a)
	}
	return err
}

// watch prints a report of what was heard last, again and again.
func (c *analyseCmd) watch(ctx context.Context, e *env, l *listener) error {
	s := newScreen(e.stdout)
	for !l.ended && ctx.Err() == nil {
		if err := l.hear(ctx, l.p.Format().Frames(renewal)); err != nil {
			return err
		}
		if l.frames == 0 {
			break
		}
		r := l.a.Report(c.Tap)
		var err error
		switch {
		case c.JSON:
			err = writeJSON(e.stdout, &r)
		default:
			err = s.draw(func(w io.Writer) error { return writeReport(w, &r) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// listener gives an analysis what there is to hear.
type listener struct {
	p      soundSource
	a      *analysis.Analysis
	show   *progress
	frames int64 // heard so far
	ended  bool  // the stream has
}

// hear hears so many frames, or less if the stream or ctx ends.
func (l *listener) hear(ctx context.Context, frames int64) error {
	f := l.p.Format()
	buf := make([]byte, max(1, int(f.Frames(pcm.DefaultPeriod)))*f.FrameBytes())
	for left := frames; left > 0; {
		n, err := l.p.Read(ctx, buf[:min(left, int64(len(buf)/f.FrameBytes()))*int64(f.FrameBytes())])
		switch {
		case errors.Is(err, audio.ErrReset):
			l.ended = true
			return nil
		case errors.Is(err, audio.ErrInterrupted) && ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		block := buf[:n*f.FrameBytes()]
		l.show.level(block)
		l.a.Add(block)
		l.frames, left = l.frames+int64(n), left-int64(n)
	}
	return nil
}
