package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/bench"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// benchSoakCmd is the command "bench soak".
type benchSoakCmd struct {
	Duration time.Duration `help:"How long, after a warm-up of a quarter of it, at most 2 minutes." default:"1h"`
	Seed     uint64        `help:"The same number chooses the same actions; 0 is any." placeholder:"N"`
	Only     []string      `help:"Do nothing but these actions, to narrow down what a run has found." placeholder:"ACTION"`
	JSON     bool          `name:"json" help:"Print JSON."`
}

// errSoakFailed is the error of a run that found something.
var errSoakFailed = errors.New("the daemon did not stand it")

// Run prints the report. It fails if anything was lost, leaked or refused.
func (c *benchSoakCmd) Run(ctx context.Context, e *env) error {
	b := bench.Soak{Duration: c.Duration, Seed: c.Seed, Only: c.Only}
	if err := b.Validate(); err != nil {
		return usageError(err.Error())
	}
	for b.Seed == 0 {
		b.Seed = rand.Uint64N(1e6)
	}
	var err error
	if b.Exe, err = os.Executable(); err != nil {
		return err
	}
	if console.IsTerminal(e.stderr) {
		b.Progress = e.stderr
		fmt.Fprintf(e.stderr, "--seed=%d makes the same choices again\n", b.Seed)
	}
	report, err := b.Run(ctx)
	if err != nil {
		return fmt.Errorf("seed %d: %w", b.Seed, benchStopped(ctx, err))
	}
	if err := printBench(e.stdout, report, c.JSON); err != nil {
		return err
	}
	if !report.OK {
		return errSoakFailed
	}
	return nil
}

// benchProgramCmd is a program of "bench soak".
type benchProgramCmd struct{}

// Run speaks JSON on stdin and stdout.
func (*benchProgramCmd) Run(ctx context.Context, e *env) error {
	return bench.Program(ctx, e.stdin, e.stdout)
}

// benchRoomCmd is the daemon of "bench soak" before it begins.
type benchRoomCmd struct {
	Dir     string   `arg:""`
	Command []string `arg:"" optional:"" passthrough:""`
}

// Run becomes the command, and does not return.
func (c *benchRoomCmd) Run() error {
	if len(c.Command) > 0 && c.Command[0] == "--" {
		c.Command = c.Command[1:]
	}
	return bench.Room(c.Dir, c.Command)
}
