package mixer

import (
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkMix16 mixes 16 stereo sources of 480 frames into one block, and in the same
// run copies them there one after the other, by turns, so that both meet the same
// machine. It tells ns per frame and source, and the ratio of the two.
func BenchmarkMix16(b *testing.B) {
	for _, c := range []struct {
		name  string
		first Setting
		set   func(f *Fader, turn int)
	}{
		{"unity", Neutral(), func(f *Fader, turn int) {}},
		{"gain", Setting{Gain: 200, Balance: 40}, func(f *Fader, turn int) {}},
		{"ramp", Neutral(), func(f *Fader, turn int) { f.Set(Setting{Gain: 100 + turn%2, Balance: MidBalance}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			const sources, frames, turns = 16, 480, 64
			r := rand.New(rand.NewPCG(1, 1))
			dst, blocks, faders := make([]float32, 2*frames), make([][]float32, sources), make([]*Fader, sources)
			for i := range blocks {
				blocks[i], faders[i] = noise(r, 2*frames), NewFader(2, c.first)
			}
			var mixing, copying time.Duration
			for b.Loop() {
				start := time.Now()
				for turn := range turns {
					clear(dst)
					for i, f := range faders {
						c.set(f, turn)
						f.Mix(dst, blocks[i])
					}
				}
				middle := time.Now()
				for range turns {
					for i := range blocks {
						copy(dst, blocks[i])
					}
				}
				mixing, copying = mixing+middle.Sub(start), copying+time.Since(middle)
			}
			b.ReportMetric(float64(mixing)/float64(b.N*turns*sources*frames), "ns/frame/source")
			b.ReportMetric(float64(mixing)/float64(copying), "×copy")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// The kernels on 480 stereo frames, and what they replace.
func BenchmarkKernels(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		name     string
		channels int
	}{{"stereo", 2}, {"5.1", 6}} {
		n := 480 * c.channels
		dst, src, s := make([]float32, n), noise(r, n), newShape(c.channels)
		peak, squares := make([]float32, len(s.to)), make([]float64, len(s.to))
		s.slope(ones(c.channels), noise(r, c.channels), n)
		m := NewMeter(c.channels)
		for _, k := range []struct {
			name string
			f    func()
		}{
			{"add", func() { Add(dst, src) }},
			{"scale", func() { scale(dst, src, &s) }},
			{"scale_go", func() { scaleGo(dst, src, &s, 0) }},
			{"scaleAdd", func() { scaleAdd(dst, src, &s) }},
			{"scaleAdd_go", func() { scaleAddGo(dst, src, &s, 0) }},
			{"slide", func() { slide(dst, src, &s) }},
			{"slideAdd", func() { slideAdd(dst, src, &s) }},
			{"slideAdd_go", func() { slideAddGo(dst, src, &s, 0) }},
			{"measure", func() { m.Measure(src) }},
			{"measure_go", func() { measureGo(peak, squares, src, 0) }},
			{"copy", func() { copy(dst, src) }},
		} {
			b.Run(c.name+"/"+k.name, func(b *testing.B) {
				clear(dst)
				for b.Loop() {
					k.f()
				}
				b.ReportMetric(float64(b.Elapsed())/float64(b.N*480), "ns/frame")
			})
		}
	}
}
