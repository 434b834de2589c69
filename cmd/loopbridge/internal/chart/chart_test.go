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

// TestDecadesAreAlike looks for a line at 1 kHz, which is half of the way from 10 Hz to 100 kHz.
func TestDecadesAreAlike(t *testing.T) {
	c := chart.Chart{
		X: chart.Axis{Label: "Hz", Min: 10, Max: 100000, Log: true}, Y: chart.Axis{Label: "dB", Min: -100, Max: 0},
		Lines: []chart.Line{{Name: "level", Points: []chart.Point{{1000, -100}, {1000, -10}}}},
	}
	var file bytes.Buffer
	if err := c.WritePNG(&file); err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	middle := 70 + (1000-70-20)/2
	for dx, want := range map[int]uint8{0: 0, 20: 255, -20: 255} {
		if r, _, _, _ := p.At(middle+dx, 300).RGBA(); !near(r, want) {
			t.Errorf("%d pixels from the middle there is %v", dx, p.At(middle+dx, 300))
		}
	}
}

// near compares 16 bits with 8.
func near(a uint32, b uint8) bool { return max(a>>8, uint32(b))-min(a>>8, uint32(b)) < 60 }
