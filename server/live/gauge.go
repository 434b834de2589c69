package live

import (
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
)

// gauge measures a place for a view. The hub's goroutine fills it, the board's reads it.
type gauge struct {
	want metering.Want

	mu    sync.Mutex
	f     audio.Format
	meter *metering.Meter // nil: nothing can be heard
	still int             // turns of the board since there was sound
	fresh bool            // there was, since the last turn
}

// Begin implements tap.Ear.
func (g *gauge) Begin(f audio.Format) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.still, g.fresh, g.f = 0, false, f
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
	g.fresh = true
}

// rest is after how long without a frame a device is taken to rest, and what it plays for silence; quiet is that in turns.
const (
	rest  = 250 * time.Millisecond
	quiet = int(rest / Every)
)

// read reports whether something can be heard, and reads what it was since the read before.
func (g *gauge) read(r *metering.Reading) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.meter == nil {
		return false
	}
	g.still++
	if g.fresh {
		g.still, g.fresh = 0, false
	}
	if turn := int(time.Duration(g.f.Rate) * Every / time.Second); g.still == quiet {
		g.meter.Silence(turn * quiet)
	} else if g.still > quiet {
		g.meter.Silence(turn)
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
