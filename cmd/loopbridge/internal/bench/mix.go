package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// Mix measures the cost of mixing the clients of a device.
type Mix struct {
	Sources int // clients, in stereo
	Period  int // frames
	Rounds  int // the result is their median
}

// MixReport compares each case with copying a source.
type MixReport struct {
	Sources int         `json:"sources"`
	Period  int         `json:"period"`
	Copy    float64     `json:"copy_ns_per_frame"` // of float32 stereo
	Results []MixResult `json:"results"`
}

// MixResult is the cost of one way to mix.
type MixResult struct {
	Case  string  `json:"case"`
	Cost  float64 `json:"ns_per_frame_per_source"`
	Ratio float64 `json:"copy_ratio"`          // relative to copying a source
	Core  float64 `json:"core_percent_at_48k"` // of all sources

	run   func()
	costs []float64
}

// Run blocks until it is done or ctx ends.
func (c *Mix) Run(ctx context.Context) (*MixReport, error) {
	b, copying := c.cases()
	var copies []float64
	for range c.Rounds {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		copies = append(copies, c.time(copying))
		for i := range b.Results {
			b.Results[i].costs = append(b.Results[i].costs, c.time(b.Results[i].run))
		}
	}
	slices.Sort(copies)
	b.Copy = rounded(copies[len(copies)/2], 3)
	for i := range b.Results {
		r := &b.Results[i]
		slices.Sort(r.costs)
		cost := r.costs[len(r.costs)/2]
		r.Cost, r.Ratio = rounded(cost, 3), rounded(cost/copies[len(copies)/2], 2)
		r.Core = rounded(cost*48000*float64(c.Sources)/1e9*100, 4)
	}
	return b, nil
}

// time returns the duration of a run for a frame of a source in ns.
func (c *Mix) time(run func()) float64 {
	const frames = 1 << 20
	times := max(1, frames/(c.Period*c.Sources))
	begin := time.Now()
	for range times {
		run()
	}
	return float64(time.Since(begin).Nanoseconds()) / float64(times*c.Period*c.Sources)
}

// cases mixes sources in the ways of the engine.
func (c *Mix) cases() (b *MixReport, copying func()) {
	blocks, faders := make([][]float32, c.Sources), make([]*mixer.Fader, c.Sources)
	raw := make([][]byte, c.Sources)
	for i := range blocks {
		blocks[i] = make([]float32, 2*c.Period)
		for k := range blocks[i] {
			blocks[i][k] = float32(k%100)/1000 - 0.05
		}
		raw[i] = make([]byte, 4*c.Period)
		audio.S16LE.Encode(raw[i], blocks[i], nil)
		faders[i] = mixer.NewFader(2, mixer.Setting{Gain: 200, Balance: 20})
	}
	sum, part, gain := make([]float32, 2*c.Period), make([]float32, 2*c.Period), 0
	each := func(do func(i int)) func() {
		return func() {
			for i := range blocks {
				do(i)
			}
		}
	}
	return &MixReport{Sources: c.Sources, Period: c.Period, Results: []MixResult{
		{Case: "add", run: each(func(i int) { mixer.Add(sum, blocks[i]) })},
		{Case: "decode S16_LE and add", run: each(func(i int) { audio.S16LE.Decode(part, raw[i]); mixer.Add(sum, part) })},
		{Case: "gain and balance", run: each(func(i int) { faders[i].Mix(sum, blocks[i]) })},
		{Case: "ramps", run: func() {
			gain = (gain + 1) % 200
			for i := range blocks {
				faders[i].Set(mixer.Setting{Gain: gain, Balance: 20})
				faders[i].Mix(sum, blocks[i])
			}
			clear(sum)
		}},
	}}, each(func(i int) { copy(sum, blocks[i]) })
}

// WriteTable prints the report for people.
func (b *MixReport) WriteTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%d sources\tns/frame/source\tof copying\tof a core at 48 kHz, all\t\n", b.Sources)
	for _, r := range b.Results {
		fmt.Fprintf(table, "%s\t%.3f\t%.2f\t%.3f %%\t\n", r.Case, r.Cost, r.Ratio, r.Core)
	}
	return table.Flush()
}
