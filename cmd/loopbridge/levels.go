package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// levelsCmd shows how loud a device or a program at an end of a loop plays and records.
type levelsCmd struct {
	Name     string        `arg:"" optional:"" help:"A device, or an end of a loop: LOOP, LOOP/server or LOOP/PID; default: the first device with sound." complete:"state"`
	Interval time.Duration `help:"How long to measure for each line." default:"200ms"`
	Once     bool          `help:"Measure once."`
	JSON     bool          `name:"json" help:"Print JSON, an object for each measurement."`
}

// Run measures until it is interrupted, which counts as success.
func (c *levelsCmd) Run(ctx context.Context, e *env) error {
	if c.Interval < 10*time.Millisecond || c.Interval > 10*time.Second {
		return usageError(fmt.Sprintf("interval %v is out of range; use 10ms to 10s", c.Interval))
	}
	api := e.control()
	d, err := api.State(ctx, c.Name)
	if err != nil {
		return stopped(ctx, err)
	}
	text := levelsText
	if d.Hardware == nil {
		text = endText
	}
	inPlace := console.IsTerminal(e.stdout) && !c.JSON
	begun := false
	for {
		levels, err := api.Levels(ctx, c.Name)
		switch {
		case ctx.Err() != nil && !c.Once:
			return nil
		case err != nil:
			return stopped(ctx, err)
		case !begun: // the daemon starts to measure now
		case c.JSON:
			err = writeJSON(e.stdout, levels)
		case inPlace:
			_, err = io.WriteString(e.stdout, "\r\033[K"+strings.ReplaceAll(text(levels), "\n", "   "))
		default:
			_, err = fmt.Fprintln(e.stdout, text(levels))
		}
		if err != nil || begun && c.Once {
			if inPlace {
				fmt.Fprintln(e.stdout)
			}
			return err
		}
		begun = true
		select {
		case <-time.After(c.Interval):
		case <-ctx.Done():
		}
	}
}

// levelsText returns a line for each direction.
func levelsText(l api.Levels) string {
	return "play   " + sideText(l.Play) + "\nrecord " + sideText(l.Record)
}

// endText returns a line for the program at an end.
func endText(l api.Levels) string {
	switch {
	case l.Play.Frames > 0 && l.Record.Frames > 0: // a client of the other direction has followed
		return levelsText(l)
	case l.Play.Frames > 0:
		return "play   " + sideText(l.Play)
	case l.Record.Frames > 0:
		return "record " + sideText(l.Record)
	}
	return "stopped"
}

func sideText(s api.SideLevels) string {
	if s.Frames == 0 {
		return "stopped"
	}
	peak := 0.0
	for _, p := range s.Peak {
		if p != nil {
			peak = max(peak, math.Pow(10, *p/20))
		}
	}
	text := fmt.Sprintf("%11s  %s", decibels(peak), bar(peak))
	if s.Clipped > 0 {
		text += fmt.Sprintf("  %s clipped", console.Count(int(s.Clipped), "sample"))
	}
	return text
}
