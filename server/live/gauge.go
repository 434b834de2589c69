package live

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
)

// gauge measures a place for a view. The hub's goroutine fills it, the board's reads it.
type gauge struct {
	want metering.Want

	mu    sync.Mutex
	f     audio.Format
	meter *metering.Meter // nil: nothing can be heard
	pause pause
}

// Begin implements tap.Ear.
func (g *gauge) Begin(f audio.Format) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pause, g.f = pause{}, f
	if g.meter = nil; f.Channels > 0 {
		g.meter = metering.New(f, g.want)
	}
}

// Hear implements tap.Ear.
func (g *gauge) Hear(frames []float32, _ int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.meter == nil {
		return
	}
	g.meter.Measure(frames)
	g.pause.hear(len(frames) / g.f.Channels)
}

// Turn implements tap.Turner.
func (g *gauge) Turn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.meter == nil {
		return
	}
	if n := g.pause.turn(g.f); n > 0 {
		g.meter.Silence(n)
	}
}

// read reports whether something can be heard, and reads what it was since the read before.
func (g *gauge) read(r *metering.Reading) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.meter == nil {
		return false
	}
	g.meter.Read(r)
	return true
}

// reset lets loudness and maxima begin anew.
func (g *gauge) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.meter != nil {
		g.meter.Reset()
	}
}

// rate returns that of the frames, or 1.
func (g *gauge) rate() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(1, g.f.Rate)
}
