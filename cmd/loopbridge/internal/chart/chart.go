package chart

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Chart is what to draw. The first line is on top.
type Chart struct {
	Title string
	X, Y  Axis
	Lines []Line
}

// Line is a line through points, in the order in which they are.
type Line struct {
	Name   string
	Points []Point
}

// Point is a value Y at X.
type Point struct{ X, Y float64 }

// The sizes are in pixels.
const (
	width, height            = 1000, 520
	left, right, top, bottom = 70, 20, 40, 50
	stroke                   = 1.6
	charWidth, charHeight    = 7, 13
	legendWidth              = 130
)

// colors are told apart by those who do not see red or green, too (Okabe and Ito).
func colors() []color.RGBA {
	return []color.RGBA{{0, 114, 178, 255}, {230, 159, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
		{0, 0, 0, 255}}
}

// WritePNG draws the chart, of 1000 × 520 pixels.
func (c *Chart) WritePNG(w io.Writer) error {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(p, p.Bounds(), image.White, image.Point{}, draw.Src)
	c.frame(p)
	for i, line := range slices.Backward(c.Lines) {
		shade := colors()[i%len(colors())]
		c.line(p, line.Points, shade)
		x, y := left+12+i*legendWidth, top+14
		segment(p, [2]float64{float64(x), float64(y) - 4}, [2]float64{float64(x) + 20, float64(y) - 4}, 3, shade)
		text(p, x+26, y, line.Name)
	}
	return png.Encode(w, p)
}

// Save draws the chart into a PNG file, which it makes or replaces.
func (c *Chart) Save(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := c.WritePNG(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func (c *Chart) at(x, y float64) [2]float64 {
	return [2]float64{left + c.X.part(x)*(width-left-right), height - bottom - c.Y.part(y)*(height-top-bottom)}
}

// frame draws what is around the lines.
func (c *Chart) frame(p *image.RGBA) {
	grid, edge := color.RGBA{225, 225, 225, 255}, color.RGBA{90, 90, 90, 255}
	for _, x := range c.X.ticks() {
		segment(p, c.at(x, c.Y.Min), c.at(x, c.Y.Max), 1, grid)
		text(p, int(c.at(x, 0)[0])-len(name(x))*charWidth/2, height-bottom+charHeight+4, name(x))
	}
	for _, y := range c.Y.ticks() {
		segment(p, c.at(c.X.Min, y), c.at(c.X.Max, y), 1, grid)
		text(p, left-8-len(name(y))*charWidth, int(c.at(0, y)[1])+4, name(y))
	}
	corners := [][2]float64{c.at(c.X.Min, c.Y.Min), c.at(c.X.Max, c.Y.Min), c.at(c.X.Max, c.Y.Max),
		c.at(c.X.Min, c.Y.Max)}
	for i := range corners {
		segment(p, corners[i], corners[(i+1)%len(corners)], 1, edge)
	}
	text(p, left, top-16, c.Title)
	text(p, width-right-len(c.X.Label)*charWidth, height-12, c.X.Label)
	text(p, width-right-len(c.Y.Label)*charWidth, top-16, c.Y.Label)
}

func (c *Chart) line(p *image.RGBA, points []Point, shade color.RGBA) {
	for i := 1; i < len(points); i++ {
		segment(p, c.at(points[i-1].X, points[i-1].Y), c.at(points[i].X, points[i].Y), stroke, shade)
	}
}

// segment draws a straight stroke of a thickness.
func segment(p *image.RGBA, from, to [2]float64, thick float64, shade color.RGBA) {
	dx, dy := to[0]-from[0], to[1]-from[1]
	length := math.Hypot(dx, dy)
	if length == 0 {
		return
	}
	dx, dy = dx/length*thick/2, dy/length*thick/2
	// Only what is under the stroke is drawn, half a stroke longer at both ends, so that joints have no gap.
	x0, y0 := int(min(from[0], to[0])-thick-1), int(min(from[1], to[1])-thick-1)
	x1, y1 := int(max(from[0], to[0])+thick+2), int(max(from[1], to[1])+thick+2)
	r := vector.NewRasterizer(x1-x0, y1-y0)
	corner := func(x, y float64) (float32, float32) { return float32(x - float64(x0)), float32(y - float64(y0)) }
	r.MoveTo(corner(from[0]-dx-dy, from[1]-dy+dx))
	r.LineTo(corner(to[0]+dx-dy, to[1]+dy+dx))
	r.LineTo(corner(to[0]+dx+dy, to[1]+dy-dx))
	r.LineTo(corner(from[0]-dx+dy, from[1]-dy-dx))
	r.ClosePath()
	r.Draw(p, image.Rect(x0, y0, x1, y1), image.NewUniform(shade), image.Point{})
}

// text writes from the left end of its base line on.
func text(p *image.RGBA, x, y int, s string) {
	d := font.Drawer{Dst: p, Src: image.NewUniform(color.RGBA{40, 40, 40, 255}), Face: basicfont.Face7x13,
		Dot: fixed.P(x, y)}
	d.DrawString(s)
}
