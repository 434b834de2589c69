package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/bench"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// benchCmd measures this program on this machine. Daemon and clients are separate processes, as
// in normal use.
type benchCmd struct {
	Pairs    benchPairsCmd    `cmd:"" help:"Carry numbered frames over many loops at once, and check every frame."`
	Idle     benchIdleCmd     `cmd:"" help:"Count the wake-ups of a daemon without clients."`
	Reload   benchReloadCmd   `cmd:"" help:"Measure how long a daemon takes to start, and to follow a configuration in which one loop has changed."`
	Mix      benchMixCmd      `cmd:"" help:"Measure the cost of mixing the clients of a device."`
	Resample benchResampleCmd `cmd:"" help:"Measure quality and cost of the resampler, compared with others."`
	Servo    benchServoCmd    `cmd:"" help:"Simulate how two clocks are followed, compared with others."`
	Viewers  benchViewersCmd  `cmd:"" help:"Measure what those cost who look at meters."`
	RTP      benchRTPCmd      `cmd:"" name:"rtp" help:"Measure streams of the network: their cost, latency and losses, on a network that may lose and delay."`
	Soak     benchSoakCmd     `cmd:"" help:"Wear a daemon with programs that crash, reloads and upgrades, and look for lost frames and leaks."`
	Worker   benchWorkerCmd   `cmd:"" hidden:""`
	Program  benchProgramCmd  `cmd:"" hidden:""`
	Room     benchRoomCmd     `cmd:"" hidden:""`
}

// benchPairsCmd is the command "bench pairs".
type benchPairsCmd struct {
	Pairs             int            `help:"How many." default:"1" placeholder:"N"`
	Duration          time.Duration  `help:"How long to measure." default:"10s"`
	Period            time.Duration  `help:"Duration of a block and of a clock period: 0.5ms to 1s." default:"10ms"`
	Buffer            int            `help:"Size of each end's buffer in periods." default:"4" placeholder:"PERIODS"`
	Rate              int            `help:"Frames per second." default:"48000" placeholder:"HZ"`
	Channels          int            `help:"Samples per frame." default:"2" placeholder:"N"`
	Format            audio.Encoding `help:"Encoding of a sample." default:"S16_LE"`
	ClientsPerProcess int            `help:"How many ends one client process holds." default:"100" placeholder:"N"`
	Sets              int            `help:"Sets of the state of a loop in a second during the run." placeholder:"N"`
	Upgrades          int            `help:"Upgrades of the daemon during the run, one after the other. No frame may be lost then." placeholder:"N"`
	JSON              bool           `name:"json" help:"Print JSON."`
}

// Run prints the result. It fails if frames were corrupt, or lost without being counted.
func (c *benchPairsCmd) Run(ctx context.Context, e *env) error {
	b := bench.Pairs{
		Count: c.Pairs, Duration: c.Duration, Period: c.Period, Buffer: c.Buffer, PerProcess: c.ClientsPerProcess,
		Sets: c.Sets, Upgrades: c.Upgrades,
		Format: audio.Format{Rate: c.Rate, Channels: c.Channels, Encoding: c.Format},
	}
	if err := b.Validate(); err != nil {
		return usageError(err.Error())
	}
	var err error
	if b.Exe, err = os.Executable(); err != nil {
		return err
	}
	if console.IsTerminal(e.stderr) {
		b.Progress = e.stderr
	}
	report, err := b.Run(ctx)
	if err != nil {
		return benchStopped(ctx, err)
	}
	if err := printBench(e.stdout, report, c.JSON); err != nil {
		return err
	}
	if !report.OK {
		return errBenchFailed
	}
	return nil
}

// errBenchFailed is the error of a run that found lost or corrupt frames.
var errBenchFailed = errors.New("frames were corrupt, came twice, or were lost and not counted")

// benchIdleCmd is the command "bench idle".
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
	r, err := bench.Idle(ctx, exe, c.Loops, c.Duration)
	if err != nil {
		return benchStopped(ctx, err)
	}
	return printBench(e.stdout, &r, c.JSON)
}

// benchReloadCmd is the command "bench reload".
type benchReloadCmd struct {
	Loops  int  `help:"How many." default:"300" placeholder:"N"`
	Rounds int  `help:"Number of measurements; the median counts." default:"21" placeholder:"N"`
	JSON   bool `name:"json" help:"Print JSON."`
}

// Run prints the result.
func (c *benchReloadCmd) Run(ctx context.Context, e *env) error {
	if c.Loops < 1 || c.Rounds < 1 {
		return usageError("use at least one loop and one round")
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	r, err := bench.Reload(ctx, exe, c.Loops, c.Rounds)
	if err != nil {
		return benchStopped(ctx, err)
	}
	return printBench(e.stdout, &r, c.JSON)
}

// benchMixCmd is the command "bench mix".
type benchMixCmd struct {
	Sources int  `help:"How many stereo clients." default:"16" placeholder:"N"`
	Period  int  `help:"Frames of a cycle." default:"480" placeholder:"FRAMES"`
	Rounds  int  `help:"Number of measurements; the median counts." default:"21" placeholder:"N"`
	JSON    bool `name:"json" help:"Print JSON."`
}

// Run prints the result.
func (c *benchMixCmd) Run(ctx context.Context, e *env) error {
	if c.Sources < 1 || c.Sources > 1024 || c.Period < 1 || c.Period > 1<<20 || c.Rounds < 1 {
		return usageError("use 1 to 1024 sources, a period of 1 to 1048576 frames, and at least one round")
	}
	m := bench.Mix{Sources: c.Sources, Period: c.Period, Rounds: c.Rounds}
	report, err := m.Run(ctx)
	if err != nil {
		return benchStopped(ctx, err)
	}
	return printBench(e.stdout, report, c.JSON)
}

// benchResampleCmd is the command "bench resample".
type benchResampleCmd struct {
	Rounds int  `help:"Number of cost measurements; the median counts." default:"9" placeholder:"N"`
	JSON   bool `name:"json" help:"Print JSON."`
}

// Run prints the result.
func (c *benchResampleCmd) Run(ctx context.Context, e *env) error {
	if c.Rounds < 1 {
		return usageError("there must be at least one round")
	}
	show := e.progress()
	report, err := bench.Resample(ctx, c.Rounds, show)
	show("")
	if err != nil {
		return benchStopped(ctx, err)
	}
	return printBench(e.stdout, report, c.JSON)
}

// benchServoCmd is the command "bench servo".
type benchServoCmd struct {
	Duration time.Duration `help:"How long a run is, in simulated time." default:"30m"`
	Period   int           `help:"Frames of a cycle of both devices." default:"128" placeholder:"FRAMES"`
	Latency  int           `help:"Frames between what is written and what is read." default:"480" placeholder:"FRAMES"`
	Jitter   time.Duration `help:"Jitter of wake-ups, rms." default:"200us"`
	Shape    string        `help:"Only late, early, too, or as a kernel has it." enum:"one-sided,gaussian,scheduler" default:"one-sided"`
	Seed     uint64        `help:"Another number gives another run." default:"1" placeholder:"N"`
	Plot     string        `help:"Draw both errors: NAME-error.png, NAME-ratio.png." placeholder:"NAME.png"`
	JSON     bool          `name:"json" help:"Print JSON."`
}

// Run prints the result.
func (c *benchServoCmd) Run(ctx context.Context, e *env) error {
	b := bench.Servo{Period: c.Period, Latency: c.Latency, Jitter: c.Jitter, Shape: c.Shape, Duration: c.Duration,
		Seed: c.Seed}
	if err := b.Validate(); err != nil {
		return usageError(err.Error())
	}
	show := e.progress()
	report, err := b.Run(ctx, show)
	show("")
	if err != nil {
		return benchStopped(ctx, err)
	}
	if err := printBench(e.stdout, report, c.JSON); err != nil || c.Plot == "" {
		return err
	}
	return b.Plot(c.Plot)
}

// benchWorkerCmd is a client process of "bench pairs".
type benchWorkerCmd struct{}

// Run speaks JSON on stdin and stdout.
func (*benchWorkerCmd) Run(ctx context.Context, e *env) error {
	return bench.Worker(ctx, e.stdin, e.stdout)
}

// progress returns what shows a step of a bench, in one line of a terminal that the next step takes.
func (e *env) progress() func(format string, args ...any) {
	if !console.IsTerminal(e.stderr) {
		return func(string, ...any) {}
	}
	return func(format string, args ...any) { fmt.Fprintf(e.stderr, "\r\033[K"+format, args...) }
}

type table interface{ WriteTable(io.Writer) error }

func printBench(out io.Writer, t table, asJSON bool) error {
	if asJSON {
		return writeJSON(out, t)
	}
	return t.WriteTable(out)
}

// benchStopped returns errInterrupted if ctx has ended, else err.
func benchStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("stopped before there was a result")
	}
	return err
}
