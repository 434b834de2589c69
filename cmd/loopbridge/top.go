package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/top"
)

// topCmd shows what a daemon does, on a screen.
type topCmd struct {
	Interval time.Duration `help:"Time between two readings of the meters." default:"100ms"`
	Loudness bool          `help:"Measure loudness and true peak from the beginning."`
	Once     bool          `help:"Print one screen as text, and end."`
	JSON     bool          `name:"json" help:"Print JSON with all details, and end."`
}

// plainWidth is how many columns are printed where there is no terminal.
const plainWidth = 120

// Run shows the screen until a key or a signal ends it, which counts as success.
func (c *topCmd) Run(ctx context.Context, e *env) error {
	if c.Interval < top.Shortest || c.Interval > top.Longest {
		return usageError(fmt.Sprintf("interval %v is out of range; use %v to %v", c.Interval, top.Shortest, top.Longest))
	}
	m := &top.Model{Title: cmp.Or(e.remote.Control, e.socket()), Interval: c.Interval, Zone: time.Local, ASCII: top.ASCII(os.Getenv)}
	if c.Loudness {
		m.Update(top.Key("t"))
	}
	switch {
	case c.Once, c.JSON:
		return c.once(ctx, e, m)
	case !console.IsTerminal(e.stdout):
		return usageError("top shows a screen on a terminal; use --once to print one")
	case os.Getenv("TERM") == "dumb":
		return c.sheets(ctx, e, m)
	}
	client := e.control()
	if _, err := client.Version(ctx); isFinal(err) {
		return err
	}
	screen, err := top.OpenTerminal(m.ASCII)
	if err != nil {
		return err
	}
	defer screen.Close()
	top.Run(ctx, client, screen, m)
	return nil
}

// isFinal reports whether an error will not pass: it makes no sense to wait for the daemon.
func isFinal(err error) bool {
	for _, passes := range []error{nil, audio.ErrNoDaemon, audio.ErrReset, audio.ErrTimedOut, audio.ErrNoDevice, context.Canceled} {
		if errors.Is(err, passes) {
			return false
		}
	}
	return true
}

// How long is measured at least where nobody looks a second time: devices that rest start, and momentary loudness wants 0.4 s.
const (
	leastOnce     = 500 * time.Millisecond
	leastLoudness = time.Second
)

// once prints what there is now.
func (c *topCmd) once(ctx context.Context, e *env, m *top.Model) error {
	least := leastOnce
	if c.Loudness {
		least = leastLoudness
	}
	s, err := top.Once(ctx, e.control(), max(c.Interval, least), c.Loudness)
	if err != nil {
		return stopped(ctx, err)
	}
	if c.JSON {
		return writeJSON(e.stdout, s)
	}
	m.Columns = columnsOf(e.stdout)
	_, err = fmt.Fprint(e.stdout, top.Sheet(m, s).Text())
	return err
}

// sheets prints one sheet below the other, for terminals that cannot do more.
func (c *topCmd) sheets(ctx context.Context, e *env, m *top.Model) error {
	for {
		if err := c.once(ctx, e, m); ctx.Err() != nil {
			return nil
		} else if err != nil {
			e.warn("%v", err)
		}
		select {
		case <-time.After(max(c.Interval, time.Second)):
		case <-ctx.Done():
			return nil
		}
	}
}

// columnsOf returns how wide a terminal is.
func columnsOf(w any) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return plainWidth
}
