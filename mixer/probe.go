package mixer

import (
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Probe carries what a Meter measures to another goroutine, frame by frame. The engine never waits: what finds
// no room is lost, and counted.
//
//	engine ─▶ Meter ─▶ Probe ─▶ Read
//
// One goroutine at a time may call Read, any goroutine Format and Close.
type Probe struct {
	format  audio.Format
	ring    []float32
	written atomic.Uint64 // samples so far, by the engine
	read    atomic.Uint64 // samples so far, by Read
	lost    atomic.Uint64 // frames so far
	told    uint64        // of lost, by Read
	closed  atomic.Bool
}

// NewProbe returns a probe for frames of f that keeps them for at least so long.
func NewProbe(f audio.Format, room time.Duration) *Probe {
	least, size := int(audio.MulDiv(uint64(f.Rate), uint64(room), uint64(time.Second)))*f.Channels, 1
	for size < least {
		size *= 2
	}
	return &Probe{format: f, ring: make([]float32, size)}
}

// Format returns rate, channels and positions of the frames. Their encoding is that of the place, not of what Read stores.
func (p *Probe) Format() audio.Format { return p.format }

// Close ends the probe: its meter lets go of it at the next block. What it holds can still be read.
func (p *Probe) Close() { p.closed.Store(true) }

// Read stores whole frames in to, as many as there are or as have room, and returns how many it stored and how many
// were lost since the last call. Where exactly they are missing is not known.
func (p *Probe) Read(to []float32) (frames int, lost uint64) {
	all := p.lost.Load() // first: those that are lost from now on come after what is read
	lost, p.told = all-p.told, all
	at := p.read.Load()
	n := min(int(p.written.Load()-at), len(to)/p.format.Channels*p.format.Channels)
	start := int(at & uint64(len(p.ring)-1))
	if first := copy(to[:n], p.ring[start:]); first < n {
		copy(to[first:n], p.ring)
	}
	p.read.Store(at + uint64(n))
	return n / p.format.Channels, lost
}

// Push stores whole frames, all of them or none, and reports whether somebody still reads. For the meter.
func (p *Probe) Push(block []float32) bool {
	if to1, to2, ok := p.reserve(len(block)); ok {
		copy(to2, block[copy(to1, block):])
		p.written.Add(uint64(len(block)))
	}
	return !p.closed.Load()
}

// Silence is Push of silent frames.
func (p *Probe) Silence(frames int) bool {
	if to1, to2, ok := p.reserve(frames * p.format.Channels); ok {
		clear(to1)
		clear(to2)
		p.written.Add(uint64(frames * p.format.Channels))
	}
	return !p.closed.Load()
}

// reserve returns room for n samples, or counts them as lost.
func (p *Probe) reserve(n int) (a, b []float32, ok bool) {
	at := p.written.Load()
	if n > len(p.ring)-int(at-p.read.Load()) {
		p.lost.Add(uint64(n / p.format.Channels))
		return nil, nil, false
	}
	start := int(at & uint64(len(p.ring)-1))
	if start+n <= len(p.ring) {
		return p.ring[start : start+n], nil, true
	}
	return p.ring[start:], p.ring[:start+n-len(p.ring)], true
}
