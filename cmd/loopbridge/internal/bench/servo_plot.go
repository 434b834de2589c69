package bench

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/chart"
	"github.com/loopbridge/loopbridge/servo/servotest"
)

// Plot draws the error of the latency and that of the ratio over time, of all controllers at +100 ppm:
// NAME-error.png and NAME-ratio.png for NAME.png.
func (b *Servo) Plot(file string) error {
	title := fmt.Sprintf("source %+d ppm, periods of %d frames, %s jitter of %g ms rms", servoPlotted, b.Period, b.Shape,
		float64(b.Jitter)/1e6)
	x := chart.Axis{Label: "s since the start", Min: 0.1, Max: b.Duration.Seconds(), Linear: 0.1}
	late := chart.Chart{Title: title, X: x, Y: chart.Axis{Label: "error of the latency, frames", Min: -1000, Max: 1000,
		Linear: 0.1}}
	ratio := chart.Chart{Title: title, X: x, Y: chart.Axis{Label: "error of the ratio, ppm", Min: -1000, Max: 1000,
		Linear: 0.1}}
	for _, name := range servoPlots() {
		var errors, ratios thinned
		servotest.Run(b.scenario(servoPlotted), b.controller(name, servoPlotted), func(p servotest.Point) {
			errors.add(p.T, p.Error)
			ratios.add(p.T, p.Ratio-p.True)
		})
		late.Lines = append(late.Lines, chart.Line{Name: name, Points: errors.done()})
		ratio.Lines = append(ratio.Lines, chart.Line{Name: name, Points: ratios.done()})
	}
	stem := strings.TrimSuffix(file, filepath.Ext(file))
	if err := late.Save(stem + "-error.png"); err != nil {
		return err
	}
	return ratio.Save(stem + "-ratio.png")
}

// servoPlots are the lines, the widest at the bottom.
func servoPlots() []string { return []string{"loopbridge", "CamillaDSP", "alsaloop", "zita-a2j"} }

// thinned keeps the least and the most of each stretch of time that is about as wide as a pixel.
type thinned struct {
	points     []chart.Point
	until      float64
	low, high  float64
	begin      float64
	lowIsFirst bool
}

func (t *thinned) add(x, y float64) {
	if x >= t.until {
		t.points = t.done()
		t.begin, t.until = x, x+math.Max(x, 0.1)/150
		t.low, t.high = y, y
		return
	}
	if y < t.low {
		t.low, t.lowIsFirst = y, false
	}
	if y > t.high {
		t.high, t.lowIsFirst = y, true
	}
}

// done returns all points.
func (t *thinned) done() []chart.Point {
	if t.until == 0 {
		return t.points
	}
	first, second := t.low, t.high
	if !t.lowIsFirst {
		first, second = second, first
	}
	return append(t.points, chart.Point{X: t.begin, Y: first}, chart.Point{X: t.begin, Y: second})
}
