package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/client/control"
)

// levelsCmd shows how loud a device plays and records.
type levelsCmd struct {
	Name     string        `arg:"" optional:"" help:"A device; without a name the first that has sound." complete:"device"`
	Interval time.Duration `help:"How long to measure for each line." default:"200ms"`
	Once     bool          `help:"Measure once."`
	JSON     bool          `name:"json" help:"Print JSON, an object for each measurement."`
}

// Run measures until it is interrupted, which is success.
func (c *levelsCmd) Run(ctx context.Context, e *env) error {
	if c.Interval < 10*time.Millisecond || c.Interval > 10*time.Second {
		return usageError(fmt.Sprintf("interval %v is out of range; use 10ms to 10s", c.Interval))
	}
	api := control.New(e.socket())
	d, err := deviceOf(ctx, api, c.Name)
	if err != nil {
		return stopped(ctx, err)
	}
	f, isFile := e.stdout.(*os.File)
	inPlace := isFile && isTerminal(f) && !c.JSON
	begun := false
	for {
		levels, err := api.Levels(ctx, d.Name)
		switch {
		case ctx.Err() != nil && !c.Once:
			return nil
		case err != nil:
			return stopped(ctx, err)
		case !begun: // only now they measure
		case c.JSON:
			err = writeJSON(e.stdout, levels)
		case inPlace:
			_, err = io.WriteString(e.stdout, "\r\033[K"+strings.ReplaceAll(levelsText(levels), "\n", "   "))
		default:
			_, err = fmt.Fprintln(e.stdout, levelsText(levels))
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

// levelsText has a line for each side.
func levelsText(l control.Levels) string {
	return "play   " + sideText(l.Play) + "\nrecord " + sideText(l.Record)
}

func sideText(s control.SideLevels) string {
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
		text += fmt.Sprintf("  %s clipped", count(int(s.Clipped), "sample"))
	}
	return text
}
