package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/analysis"
)

// writeReport prints a report for people.
func writeReport(out io.Writer, r *analysis.Report) error {
	fmt.Fprintf(out, "%s: %v, %.1f s; levels in dBFS\n", r.Name, r.Format, r.Seconds)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CHANNEL\tPEAK\tTRUE PEAK\tRMS\tDC\tCLIPPED\tTONE\tLEVEL\tTHD+N\tSNR")
	for i, c := range r.Channels {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%.5f\t%d\t%s\n", i+1, dbText(c.Peak), dbText(c.TruePeak), dbText(c.RMS), math.Round(c.DC*1e5)/1e5+0, c.Clipped,
			toneText(c.Tone, r.Transform.Count))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, x := range r.Correlation {
		if x != nil {
			fmt.Fprintf(out, "correlation of %d and %d: %+.2f\n", 2*i+1, 2*i+2, *x)
		}
	}
	l := r.Loudness
	_, err := fmt.Fprintf(out, "loudness in LUFS: momentary %s, short-term %s, integrated %s; range %.1f LU\n", dbText(l.Momentary),
		dbText(l.ShortTerm), dbText(l.Integrated), l.Range)
	if err == nil && r.Bands != nil {
		err = writeBands(out, r.Bands)
	}
	return err
}

func toneText(t *analysis.Tone, transforms int) string {
	switch {
	case transforms == 0:
		return "too short for the transform"
	case t == nil:
		return "none"
	}
	return fmt.Sprintf("%.3f Hz\t%s\t%s\t%s", t.Frequency, dbText(t.Level), ratioText(t.THDN), dbText(t.SNR))
}

// ratioText returns a part in per cent and in dB.
func ratioText(part float64) string {
	if part <= 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.2g %% (%.1f dB)", part*100, 20*math.Log10(part)+0)
}

func dbText(db *float64) string {
	if db == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", math.Round(*db*100)/100+0)
}

// writeBands prints a line for each band: the level of each channel, and a bar for the loudest.
func writeBands(out io.Writer, b *analysis.Bands) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "BAND\t")
	for c := range b.Levels {
		fmt.Fprintf(t, "%d\t", c+1)
	}
	fmt.Fprintln(t)
	for i, name := range b.Names {
		fmt.Fprintf(t, "%s\t", name)
		peak := 0.0
		for _, levels := range b.Levels {
			fmt.Fprintf(t, "%s\t", tenthText(levels[i]))
			if levels[i] != nil {
				peak = max(peak, math.Pow(10, *levels[i]/20))
			}
		}
		fmt.Fprintf(t, " %s\n", longBar(peak))
	}
	return t.Flush()
}

func tenthText(db *float64) string {
	if db == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", math.Round(*db*10)/10+0)
}

// longBar shows an amplitude with one mark for each 3 dB, from −120 dB to full scale.
func longBar(amplitude float64) string {
	const marks, floor = 40, -120.0
	if amplitude <= 0 {
		return ""
	}
	return strings.Repeat("=", int(math.Round((max(floor, min(0, 20*math.Log10(amplitude)))-floor)/-floor*marks)))
}
