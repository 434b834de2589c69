package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/bench"
)

// benchRTPCmd is the command "bench rtp".
type benchRTPCmd struct {
	Streams   int           `help:"How many." default:"1" placeholder:"N"`
	Duration  time.Duration `help:"How long to measure." default:"10s"`
	Rate      int           `help:"Frames per second." default:"48000" placeholder:"HZ"`
	Channels  int           `help:"Samples per frame." default:"2" placeholder:"N"`
	Payload   string        `help:"Samples of packets: L16, L24." enum:"L16,L24" default:"L24"`
	Packet    time.Duration `help:"Sound in a packet: 125us to 20ms." default:"1ms"`
	Period    time.Duration `help:"Duration of a cycle of the devices, and of a block of the programs." default:"1ms"`
	Buffer    int           `help:"Size of the programs' buffers in periods." default:"2" placeholder:"PERIODS"`
	Latency   time.Duration `help:"How much later than others a packet may come." default:"4ms"`
	Paths     int           `help:"1, or 2 that carry the same packets." default:"1" placeholder:"N"`
	Loss      float64       `help:"Share of the packets that is lost on each path, in percent." placeholder:"PERCENT"`
	Burst     float64       `help:"Mean number of packets that are lost in a row." default:"1" placeholder:"N"`
	Jitter    time.Duration `help:"How much later a packet may come by chance." default:"0"`
	Reorder   float64       `help:"Share of the packets that is held back for two packets' time, in percent." placeholder:"PERCENT"`
	Duplicate float64       `help:"Share of the packets that comes twice, in percent." placeholder:"PERCENT"`
	Seed      uint64        `help:"Another number gives other losses." default:"1" placeholder:"N"`
	Plot      string        `help:"Draw how senders at 0, +100 and -100 ppm are followed." placeholder:"NAME.png"`
	JSON      bool          `name:"json" help:"Print JSON."`
}

// bench returns what is to be measured, or a sentence about what cannot work.
func (c *benchRTPCmd) bench() (*bench.RTP, error) {
	percent := func(p float64) bool { return p >= 0 && p <= 50 }
	switch {
	case c.Streams < 1 || c.Streams > 1000 || c.Paths < 1 || c.Paths > 2:
		return nil, errors.New("use 1 to 1000 streams, on 1 or 2 paths")
	case c.Duration <= 0 || c.Buffer < 2 || c.Buffer > 1000:
		return nil, errors.New("use some time, and buffers of 2 to 1000 periods")
	case c.Packet < 125*time.Microsecond || c.Packet > 20*time.Millisecond:
		return nil, fmt.Errorf("a packet of %s is out of range; use 125us to 20ms", c.Packet)
	case c.Period < 500*time.Microsecond || c.Period > 100*time.Millisecond:
		return nil, fmt.Errorf("a period of %s is out of range; use 0.5ms to 100ms", c.Period)
	case c.Latency < 0 || c.Latency > 2*time.Second || c.Jitter < 0 || c.Jitter > time.Second:
		return nil, errors.New("a latency is 0s to 2s, a jitter 0s to 1s")
	case !percent(c.Loss) || !percent(c.Reorder) || !percent(c.Duplicate) || c.Burst < 1 || c.Burst > 1000:
		return nil, errors.New("shares are 0 to 50 percent, and 1 to 1000 packets are lost in a row")
	}
	encoding := audio.S24LE3
	if c.Payload == "L16" {
		encoding = audio.S16LE
	}
	b := &bench.RTP{Streams: c.Streams, Duration: c.Duration, Payload: c.Payload, Packet: c.Packet, Period: c.Period, Buffer: c.Buffer,
		Latency: c.Latency, Paths: c.Paths, Format: audio.Format{Rate: c.Rate, Channels: c.Channels, Encoding: encoding},
		Harm: bench.Harm{Loss: c.Loss, Burst: c.Burst, Jitter: c.Jitter, Reorder: c.Reorder, Duplicate: c.Duplicate, Seed: c.Seed}}
	return b, b.Format.Validate()
}

// Run prints the result.
func (c *benchRTPCmd) Run(ctx context.Context, e *env) error {
	b, err := c.bench()
	if err != nil {
		return usageError(err.Error())
	}
	if b.Exe, err = os.Executable(); err != nil {
		return err
	}
	b.Progress = e.progress()
	report, err := b.Run(ctx)
	b.Progress("")
	if err != nil {
		return benchStopped(ctx, err)
	}
	if err := printBench(e.stdout, report, c.JSON); err != nil || c.Plot == "" {
		return err
	}
	return report.Plot(c.Plot)
}
