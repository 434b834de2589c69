package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/resample"
	"github.com/loopbridge/loopbridge/resample/reference"
	"github.com/loopbridge/loopbridge/resample/resampletest"
)

// ResampleReport compares our resampler with others, if they are built in.
type ResampleReport struct {
	References bool             `json:"references"` // others are built in
	Results    []ResampleResult `json:"results"`
}

// ResampleResult is the result of a resampler for a conversion.
type ResampleResult struct {
	Conversion string             `json:"conversion"`
	Resampler  string             `json:"resampler"`
	Residual   map[string]float64 `json:"residual_db"` // by frequency in Hz
	Passband   float64            `json:"passband"`    // at −0.1 dB, as a fraction of half the rate
	Latency    float64            `json:"latency_ms"`
	Cost       float64            `json:"ns_per_frame"`
	Against    string             `json:"against,omitempty"`
	Ratio      float64            `json:"cost_ratio,omitempty"` // relative to its counterpart

	open  resampletest.Open
	costs []float64
}

var tones = []float64{997, 10000, 18000}

// counterparts maps our qualities to those of libsamplerate.
var counterparts = map[string]string{
	"loopbridge fast": "libsamplerate fastest",
	"loopbridge good": "libsamplerate medium",
	"loopbridge best": "libsamplerate best",
}

// Resample measures quality and cost of all resamplers until it is done or ctx ends. It calls
// show with each step.
func Resample(ctx context.Context, rounds int, show func(format string, args ...any)) (*ResampleReport, error) {
	b := &ResampleReport{References: len(reference.Candidates()) > 0}
	for _, conversion := range resampletest.Conversions() {
		results, err := measureConversion(ctx, conversion, rounds, show)
		if err != nil {
			return nil, err
		}
		b.Results = append(b.Results, results...)
	}
	return b, nil
}

// measureConversion measures all costs in turns, so that other load on the machine affects all alike.
func measureConversion(ctx context.Context, conversion resampletest.Conversion, rounds int,
	show func(string, ...any)) ([]ResampleResult, error) {
	results := candidates(conversion)
	for i := range results {
		r := &results[i]
		show("%s: quality of %s", conversion.Name, r.Resampler)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.quality(conversion); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Resampler, err)
		}
	}
	for round := range rounds {
		show("%s: cost, round %d of %d", conversion.Name, round+1, rounds)
		for i := range results {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			ns, err := conversion.Cost(results[i].open)
			if err != nil {
				return nil, err
			}
			results[i].costs = append(results[i].costs, ns)
		}
	}
	costs := map[string]float64{}
	for i := range results {
		slices.Sort(results[i].costs)
		results[i].Cost = rounded(results[i].costs[len(results[i].costs)/2], 1)
		costs[results[i].Resampler] = results[i].Cost
	}
	for i := range results {
		r := &results[i]
		if other := counterparts[r.Resampler]; costs[other] > 0 {
			r.Against, r.Ratio = other, rounded(r.Cost/costs[other], 3)
		}
	}
	return results, nil
}

func candidates(conversion resampletest.Conversion) []ResampleResult {
	var all []ResampleResult
	for _, q := range resample.Qualities() {
		all = append(all, ResampleResult{Conversion: conversion.Name, Resampler: "loopbridge " + q.String(),
			open: openOurs(q)})
	}
	for _, other := range reference.Candidates() {
		all = append(all, ResampleResult{Conversion: conversion.Name, Resampler: other.Name, open: other.Open})
	}
	return all
}

// openOurs corrects the ratio by the fraction of a rate.
func openOurs(q resample.Quality) resampletest.Open {
	return func(in, out float64) (resampletest.Stream, error) {
		whole := math.Round(in)
		r, err := resample.New(resample.Config{Channels: 2, In: int(whole), Out: int(out), Quality: q, Vary: 0.01})
		if err == nil {
			r.Adjust(in / whole)
		}
		return r, err
	}
}

func (r *ResampleResult) quality(conversion resampletest.Conversion) error {
	r.Residual = map[string]float64{}
	for _, hertz := range tones {
		fit, err := conversion.At(r.open, hertz)
		if err != nil {
			return err
		}
		r.Residual[fmt.Sprint(hertz)] = rounded(fit.Residual, 1)
	}
	passband, err := conversion.Passband(r.open)
	if err != nil {
		return err
	}
	latency, err := conversion.Latency(r.open)
	r.Passband, r.Latency = rounded(passband, 3), rounded(float64(latency)/float64(time.Millisecond), 3)
	return err
}

func rounded(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// WriteTable prints the report for people.
func (b *ResampleReport) WriteTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\t\t997 Hz\t10 kHz\t18 kHz\tpassband\tlatency\tns/frame\tcost against\t")
	for _, r := range b.Results {
		against := ""
		if r.Ratio > 0 {
			against = fmt.Sprintf("%.2f × %s", r.Ratio, r.Against)
		}
		fmt.Fprintf(table, "%s\t%s\t%.1f dB\t%.1f\t%.1f\t%.3f\t%.2f ms\t%.1f\t%s\t\n", r.Conversion, r.Resampler,
			r.Residual["997"], r.Residual["10000"], r.Residual["18000"], r.Passband, r.Latency, r.Cost, against)
	}
	if !b.References {
		fmt.Fprintln(table, "No references: make bench-resample builds in libsamplerate, soxr and speexdsp.")
	}
	return table.Flush()
}
