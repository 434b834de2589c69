package main

import (
	"fmt"
	"math"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/chart"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/probe"
)

// plot draws the impulse responses of all channels over time, where there is something of them.
func (r *measured) plot(file string) error {
	c := chart.Chart{
		Title: fmt.Sprintf("%s: impulse response from %s to %s", r.Target, r.Play, r.Record),
		X:     chart.Axis{Label: "ms", Min: math.Inf(1), Max: math.Inf(-1)},
		Y:     chart.Axis{Label: "of what was played"},
	}
	for _, found := range r.Channels {
		if !found.Found {
			continue
		}
		from, to := span(&found)
		ms := func(d int) float64 { return (found.Begin + float64(d)) / float64(r.RecordFormat.Rate) * 1000 }
		c.X.Min, c.X.Max = min(c.X.Min, ms(from)), max(c.X.Max, ms(to))
		line := chart.Line{Name: fmt.Sprintf("channel %d", found.Play)}
		for d := from; d <= to; d++ {
			v := value(&found, d)
			c.Y.Min, c.Y.Max = min(c.Y.Min, v*1.1), max(c.Y.Max, v*1.1)
			line.Points = append(line.Points, chart.Point{X: ms(d), Y: v})
		}
		c.Lines = append(c.Lines, line)
	}
	return c.Save(file)
}

// span returns between which delays a response is more than a hundredth of its peak, and some frames around; of an echo
// no more than a quarter of the period.
func span(c *probe.Channel) (from, to int) {
	const around = 48
	peak := int(math.Round(c.Latency - c.Begin))
	least := math.Abs(value(c, peak)) / 100
	quarter := len(c.Response) / 4
	from, to = peak, peak
	for d := -quarter / 4; d < quarter; d++ {
		if math.Abs(value(c, peak+d)) > least {
			from, to = min(from, peak+d), max(to, peak+d)
		}
	}
	return from - around, to + around
}

// value returns the response at a delay, which may be less than 0.
func value(c *probe.Channel, d int) float64 {
	n := len(c.Response)
	return c.Response[(d%n+n)%n]
}
