package web_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/servertest"
)

var shots = flag.String("screenshots", "", "folder into which TestScreenshots writes pictures of the page, such as ../docs/img")

var numbers = flag.Bool("numbers", false, "whether TestNumbers measures what docs/page.md says")

// programme is a null.Source of partials that swell and fade, two channels, 16 bits.
type programme struct {
	table [2][]int16 // it repeats
}

func newProgramme(seed int, level float64) *programme {
	p := &programme{}
	const length = 48000 * 8
	for c := range p.table {
		p.table[c] = make([]int16, length)
		for i := range p.table[c] {
			t, sum := float64(i)/48000, 0.0
			for k := 1; k <= 14; k++ {
				hz := math.Round(float64(55*k)*(1+0.13*float64(seed%7))*8) / 8 // a whole number of times in 8 s
				swell := 0.5 + 0.5*math.Sin(2*math.Pi*(float64(1+(k*seed)%5)/8*t+float64(c)*0.2+float64(k)*0.6))
				sum += swell * math.Sin(2*math.Pi*hz*t+float64(c*k)) / math.Pow(float64(k), 1.2)
			}
			beat := 0.55 + 0.45*math.Exp(-6*math.Mod(t*(1+float64(seed%3)/2), 1))
			p.table[c][i] = int16(max(-1, min(1, sum*beat*0.45*math.Pow(10, level/20))) * 32767)
		}
	}
	return p
}

// Fill implements null.Source.
func (p *programme) Fill(block []byte, first uint64) {
	for i := 0; i < len(block); i += 4 {
		at := (first + uint64(i/4)) % uint64(len(p.table[0]))
		binary.LittleEndian.PutUint16(block[i:], uint16(p.table[0][at]))
		binary.LittleEndian.PutUint16(block[i+2:], uint16(p.table[1][at]))
	}
}

// laboratory is a daemon with 32 strips on which something happens.
func laboratory(t *testing.T) *servertest.Daemon {
	t.Helper()
	d := daemon(t, anywhere(), loop.Spec{Name: "console-in", Attached: audio.Record})
	for i, name := range []string{"stage-left", "stage-right", "booth", "studio-a", "studio-b", "air", "archive"} {
		e, err := patient(name, newProgramme(i+1, float64(2-4*(i%4))))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		if err := d.Bay.AddDevice(e); err != nil {
			t.Fatal(err)
		}
		if err := d.Bay.Add(loop.Spec{Name: name + "-mix", Attached: audio.Play}, e); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// cords are routes of the laboratory.
func (v *desk) cords() {
	v.Helper()
	for i, r := range [][2]string{
		{"stage-left/record", "studio-a-mix"}, {"stage-right/record", "studio-b-mix"}, {"booth/record", "air-mix"}, {"studio-a/record", "air/play"},
		{"air/play", "archive-mix"}, {"console/record", "booth-mix"}, {"studio-b/record", "stage-left-mix"}, {"archive/record", "console/play"},
	} {
		asks[any](v, fmt.Sprintf(`return fetch("/v1/routes", {method: "POST", body: JSON.stringify({name: "cord-%d", from: %q, to: %q})}).then((r) => r.status)`, i+1, r[0], r[1]))
	}
}

// Pictures of the page for docs, on a phone, a desk and a wall, in both colours.
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Skip("not made: pictures of the page, which -screenshots DIR writes")
	}
	window := browser(t)
	v := visit(t, window, laboratory(t))
	t.Cleanup(func() {
		if err := v.Stop(); err != nil {
			t.Error(err)
		}
	})
	v.signsIn()
	v.cords()
	for _, colour := range []string{"light", "dark"} {
		v.click("#theme")
		for _, size := range [][2]int64{{390, 844}, {1280, 800}, {1920, 1080}} {
			v.do(chromedp.EmulateViewport(size[0], size[1]))
			v.goes("#strips")
			if size[0] > 390 {
				v.click(`.strip[data-key="studio-a:record"] .open`)
				v.do(chromedp.Sleep(14 * time.Second)) // of spectrogram
			}
			v.do(chromedp.Sleep(2 * time.Second))
			v.shoot(fmt.Sprintf("page-%d-%s.png", size[0], colour))
			if size[0] > 390 {
				v.click("#inspector .close")
			}
		}
		v.do(chromedp.EmulateViewport(1280, 800))
		v.goes("#routes")
		v.do(chromedp.Sleep(time.Second))
		v.shoot(fmt.Sprintf("page-routes-%s.png", colour))
	}
}

func (v *desk) shoot(name string) {
	v.Helper()
	asks[any](v, `scrollTo(0, 0)`)
	picture, err := chromedp.Run(v.tab, chromedp.CaptureScreenshot())
	if err == nil {
		picture, err = packed(picture)
	}
	if err != nil {
		v.Fatal(err)
	}
	if len(picture) > 150_000 {
		v.Errorf("%s has %d bytes, more than 150000", name, len(picture))
	}
	if err := os.WriteFile(filepath.Join(*shots, name), picture, 0o644); err != nil {
		v.Fatal(err)
	}
}

// packed is a picture with its 256 commonest colours, which takes half the room. Other colours become the nearest of them.
func packed(picture []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	counts := map[color.Color]int{}
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			counts[full.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] })
	palette := color.Palette(colours[:min(256, len(colours))])
	nearest := map[color.Color]uint8{}
	for _, c := range colours {
		nearest[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(full.Bounds(), palette)
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			small.SetColorIndex(x, y, nearest[full.At(x, y)])
		}
	}
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small)
	return b.Bytes(), err
}
