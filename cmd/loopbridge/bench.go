package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// benchCmd measures this program on this machine. Daemon and clients are processes
// of their own, as in real life.
type benchCmd struct {
	Pairs    benchPairsCmd    `cmd:"" help:"Carry numbered frames over many loops at once, check every frame, and measure."`
	Idle     benchIdleCmd     `cmd:"" help:"Count the wake-ups of a daemon without clients."`
	Mix      benchMixCmd      `cmd:"" help:"Measure what it takes to add up the clients of a device."`
	Resample benchResampleCmd `cmd:"" help:"Measure quality and cost of the resampler, beside others."`
	Worker   benchWorkerCmd   `cmd:"" hidden:""`
}

// benchPairsCmd is bench pairs. Every ClientsPerProcess ends of a kind share a
// process, so there are at least two of them: one whose ends all read, as servers,
// and one whose ends all write, as clients.
type benchPairsCmd struct {
	Pairs             int            `help:"How many." default:"1" placeholder:"N"`
	Duration          time.Duration  `help:"How long to measure." default:"10s"`
	Period            time.Duration  `help:"Time of the block that a client moves, and of the clock: 0.5ms to 1s." default:"10ms"`
	Buffer            int            `help:"Size of each end's buffer in periods." default:"4" placeholder:"PERIODS"`
	Rate              int            `help:"Frames per second." default:"48000" placeholder:"HZ"`
	Channels          int            `help:"Samples per frame." default:"2" placeholder:"N"`
	Format            audio.Encoding `help:"Encoding of a sample." default:"S16_LE"`
	ClientsPerProcess int            `help:"How many ends one client process holds." default:"100" placeholder:"N"`
	Sets              int            `help:"Set the state of a loop so often in a second meanwhile." placeholder:"N"`
	JSON              bool           `name:"json" help:"Print JSON."`
}

// Run prints the result, and fails where frames were corrupt, or lost and not
// counted.
func (c *benchPairsCmd) Run(ctx context.Context, e *env) error {
	b := &pairsBench{
		pairs: c.Pairs, duration: c.Duration, period: c.Period, buffer: c.Buffer, perProcess: c.ClientsPerProcess, sets: c.Sets,
		format: audio.Format{Rate: c.Rate, Channels: c.Channels, Encoding: c.Format},
	}
	if err := b.validate(); err != nil {
		return usageError(err.Error())
	}
	var err error
	if b.exe, err = os.Executable(); err != nil {
		return err
	}
	if console.IsTerminal(e.stderr) {
		b.progress = e.stderr
	}
	result, err := b.run(ctx)
	if err != nil {
		return benchStopped(ctx, err)
	}
	report := result.report()
	if err := printBench(e.stdout, &report, c.JSON); err != nil {
		return err
	}
	if !report.OK {
		return errBenchFailed
	}
	return nil
}

func (b *pairsBench) validate() error {
	if err := b.format.Validate(); err != nil {
		return err
	}
	switch {
	case b.pairs < 1 || b.perProcess < 1:
		return errors.New("there must be at least one pair, and one client per process")
	case b.sets < 0 || b.sets > 1e6:
		return errors.New("sets are 0 to 1000000 a second")
	case b.duration <= 0:
		return errors.New("a duration is more than 0")
	case b.period < config.MinPeriod || b.period > config.MaxPeriod:
		return fmt.Errorf("period %s is out of range; use %s to %s", b.period, config.MinPeriod, config.MaxPeriod)
	case b.buffer < 2 || time.Duration(b.buffer)*b.period > config.MaxBuffer:
		return fmt.Errorf("a buffer of %d periods is out of range; use 2 periods to %s", b.buffer, config.MaxBuffer)
	}
	return b.descriptors()
}

// descriptors looks whether the daemon may open enough: a connection and a bell for
// each end. The Go runtime raises the soft limit of every process to the hard one.
func (b *pairsBench) descriptors() error {
	const perPair, spare = 4, 32
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil // then it shows
	}
	if need := uint64(perPair*b.pairs + spare); need > limit.Max {
		return fmt.Errorf("%d pairs need %d open files in the daemon, and the limit is %d: raise it (ulimit -Hn), or take at most %d pairs",
			b.pairs, need, limit.Max, (max(limit.Max, spare)-spare)/perPair)
	}
	return nil
}

// benchIdleCmd is bench idle.
type benchIdleCmd struct {
	Loops    int           `help:"How many." default:"4" placeholder:"N"`
	Duration time.Duration `help:"How long to watch." default:"5s"`
	JSON     bool          `name:"json" help:"Print JSON."`
}

// Run prints the result.
func (c *benchIdleCmd) Run(ctx context.Context, e *env) error {
	if c.Loops < 1 || c.Duration <= 0 {
		return usageError("there must be at least one loop, and some time to watch it")
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	r, err := benchIdle(ctx, exe, c.Loops, c.Duration)
	if err != nil {
		return benchStopped(ctx, err)
	}
	return printBench(e.stdout, &r, c.JSON)
}

// benchWorkerCmd is a client process of bench pairs.
type benchWorkerCmd struct{}

// Run speaks JSON on stdin and stdout.
func (*benchWorkerCmd) Run(ctx context.Context, e *env) error {
	return runWorker(ctx, e.stdin, e.stdout)
}

type table interface{ writeTable(io.Writer) error }

func printBench(out io.Writer, t table, asJSON bool) error {
	if asJSON {
		return writeJSON(out, t)
	}
	return t.writeTable(out)
}

// benchStopped says so where ctx has ended, which is what led to err.
func benchStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("stopped before there was a result")
	}
	return err
}
