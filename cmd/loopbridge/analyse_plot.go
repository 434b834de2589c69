package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/analysis"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/chart"
	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// plotSpectrum draws the mean spectrum of the channels over frequency.
func plotSpectrum(file string, r *analysis.Report, a *analysis.Analysis) error {
	if r.Transform.Count == 0 {
		return fmt.Errorf("%s: %.1f s are too short for a transform of %d samples: nothing was drawn", r.Name, r.Seconds, r.Transform.Size)
	}
	const floor = -180.0
	top := min(analysis.High*1.2, float64(r.Format.Rate)/2)
	c := chart.Chart{
		Title: fmt.Sprintf("%s: mean of %d transforms of %d samples, %v window", r.Name, r.Transform.Count, r.Transform.Size, r.Transform.Window),
		X:     chart.Axis{Label: "Hz", Min: analysis.Low, Max: top, Log: true},
		Y:     chart.Axis{Label: "dBFS", Min: floor, Max: 10},
	}
	for channel := range r.Channels {
		powers, width := a.Spectrum(channel)
		first, last := int(math.Ceil(analysis.Low/width)), min(int(top/width), len(powers)-1)
		const perOctave = 96 // places on the axis
		octaves := func(i int) float64 { return math.Log2(float64(first+i) * width) }
		places, greatest := thin(powers[first:last+1], func(i int) int { return int(octaves(i) * perOctave) })
		line := chart.Line{Name: fmt.Sprintf("channel %d", channel+1)}
		for i, p := range greatest {
			hz := math.Exp2((float64(places[i]) + 0.5) / perOctave)
			line.Points = append(line.Points, chart.Point{X: hz, Y: max(floor, spectrum.DB(p))})
		}
		c.Lines = append(c.Lines, line)
	}
	return c.Save(file)
}

// thin returns the greatest of each run of values, so that about n are left, and the place of each run.
func thin(values []float64, place func(i int) int) (places []int, greatest []float64) {
	for i, v := range values {
		at := place(i)
		if k := len(places) - 1; k >= 0 && places[k] == at {
			greatest[k] = max(greatest[k], v)
			continue
		}
		places, greatest = append(places, at), append(greatest, v)
	}
	return slices.Clip(places), slices.Clip(greatest)
}
