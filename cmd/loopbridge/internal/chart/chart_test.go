package chart_test

import (
	"bytes"
	"image/color"
	"image/png"
	"testing"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/chart"
)

// TestLinesAreWhereTheyBelong looks for the pixels of a line, on both kinds of axis.
func TestLinesAreWhereTheyBelong(t *testing.T) {
	c := chart.Chart{
		X: chart.Axis{Label: "s", Min: 0, Max: 10}, Y: chart.Axis{Label: "ppm", Min: -99.9, Max: 99.9, Linear: 0.1},
		Lines: []chart.Line{{Name: "level", Points: []chart.Point{{0, 0}, {10, 0}}}, {Name: "beyond",
			Points: []chart.Point{{5, 1e9}, {10, 1e9}}}},
	}
	var file bytes.Buffer
	if err := c.WritePNG(&file); err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	middle := (40 + 520 - 50) / 2
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{
		{500, middle, color.RGBA{0, 114, 178, 255}}, {800, 40, color.RGBA{230, 159, 0, 255}},
		{500, 300, color.RGBA{255, 255, 255, 255}}, {5, 5, color.RGBA{255, 255, 255, 255}},
	} {
		r, g, b, _ := p.At(c.x, c.y).RGBA()
		if !near(r, c.want.R) || !near(g, c.want.G) || !near(b, c.want.B) {
			t.Errorf("at %d, %d there is %v, want %v", c.x, c.y, p.At(c.x, c.y), c.want)
		}
	}
}

// near compares 16 bits with 8.
func near(a uint32, b uint8) bool { return max(a>>8, uint32(b))-min(a>>8, uint32(b)) < 60 }
