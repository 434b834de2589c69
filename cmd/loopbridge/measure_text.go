package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/probe"
)

// write prints a line for each channel, and what is to be compared with it.
func (r *measured) write(out io.Writer) error {
	fmt.Fprintf(out, "%s: played into %s, recorded from %s, %s\n", r.Target, r.Play, r.Record, r.clocksText())
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	drift := ""
	if !r.SameClock {
		drift = "\tDRIFT"
	}
	fmt.Fprintf(t, "CHANNEL\tLATENCY ±1 FRAME\tLEVEL\tPOLARITY\tABOVE NOISE%s\n", drift)
	for _, c := range r.Channels {
		if !c.Found {
			fmt.Fprintf(t, "%d -> -\tnothing came back\n", c.Play)
			continue
		}
		fmt.Fprintf(t, "%d -> %d\t%s\t%s\t%s\t%s", c.Play, c.Record, r.framesText(c.Latency), levelText(c.Level),
			polarityText(c.Polarity), noiseText(c.SNR))
		if drift != "" {
			fmt.Fprintf(t, "\t%+.1f ppm", c.Drift)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, r.compared()+r.clipped())
	return err
}

func (r *measured) clocksText() string {
	text := fmt.Sprintf("%d Hz, ", r.PlayFormat.Rate)
	if r.SameClock {
		return text + "one clock"
	}
	return text + "two clocks"
}

// framesText returns frames and what that is in ms.
func (r *measured) framesText(frames float64) string {
	whole := math.Round(frames)
	return fmt.Sprintf("%.0f frames, %.2f ms", whole, frames/float64(r.PlayFormat.Rate)*1000+0)
}

func levelText(db float64) string { return fmt.Sprintf("%.1f dB", math.Round(db*10)/10+0) }

func polarityText(polarity int) string {
	switch polarity {
	case 1:
		return "normal"
	case -1:
		return "inverted"
	}
	return "both alike"
}

// noiseText returns how far a peak is above the noise, if there is any.
func noiseText(db float64) string {
	const exact = 150
	if db > exact {
		return "no noise"
	}
	return fmt.Sprintf("%.0f dB", db)
}

// compared says what devices and route account for, and what is left of the first latency.
func (r *measured) compared() string {
	var parts []string
	said := float64(r.PlayDelay + r.RecordDelay)
	if said > 0 {
		parts = append(parts, fmt.Sprintf("the devices say that they hold %d (playing) + %d (recording) frames", r.PlayDelay, r.RecordDelay))
	}
	if r.RouteLatency != nil {
		said += *r.RouteLatency / 1000 * float64(r.PlayFormat.Rate)
		parts = append(parts, fmt.Sprintf("the route says that it adds %.2f ms, a period of its sink among them", *r.RouteLatency))
	}
	if len(parts) == 0 {
		return ""
	}
	rest, word := r.first().Latency-said, "more"
	if rest < 0 {
		rest, word = -rest, "less"
	}
	return fmt.Sprintf("%s: %s; measured is %s %s\n", strings.Join(parts, ", "), r.framesText(said), r.framesText(rest), word)
}

// first returns the first channel that came back.
func (r *measured) first() probe.Channel {
	for _, c := range r.Channels {
		if c.Found {
			return c
		}
	}
	return probe.Channel{}
}

// clipped says how much of what came back was too loud.
func (r *measured) clipped() (text string) {
	for _, c := range r.Channels {
		if c.Full > 0 {
			text += fmt.Sprintf("channel %d: %.2g %% of the samples are full scale: it clips; a lower --level helps\n", c.Play, c.Full*100)
		}
	}
	return text
}
