package main

import (
	"context"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/bench"
)

// benchViewersCmd is the command "bench viewers".
type benchViewersCmd struct {
	Strips   int           `help:"Stereo pairs that carry frames, and that each viewer watches." default:"32" placeholder:"N"`
	Viewers  int           `help:"How many look." default:"10" placeholder:"N"`
	Want     []string      `help:"What they look at: levels, true_peak, loudness." default:"levels"`
	Duration time.Duration `help:"How long to measure, twice." default:"10s"`
	JSON     bool          `name:"json" help:"Print JSON."`
}

// Run prints the result.
func (c *benchViewersCmd) Run(ctx context.Context, e *env) error {
	if c.Strips < 1 || c.Strips > 256 || c.Viewers < 1 || c.Viewers > 100 || c.Duration <= 0 {
		return usageError("use 1 to 256 strips, 1 to 100 viewers, and some time to watch them")
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	show := e.progress()
	b := bench.Viewers{Exe: exe, Strips: c.Strips, Count: c.Viewers, Want: c.Want, Duration: c.Duration, Progress: show}
	report, err := b.Run(ctx)
	show("")
	if err != nil {
		return benchStopped(ctx, err)
	}
	return printBench(e.stdout, report, c.JSON)
}
