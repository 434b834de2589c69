package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// progress is a line on a terminal, redrawn ten times a second. A nil progress shows nothing.
type progress struct {
	w     io.Writer
	width func() int // columns
	loop  string
	verb  string
	quit  chan struct{}
	done  chan struct{}
	once  sync.Once

	mu    sync.Mutex
	p     *pcm.PCM // nil if no end is open
	f     audio.Format
	total int64   // frames; −1: unknown
	peak  float64 // since the last redraw; 1 is full scale
	seen  reading
}

// reading is the state of an end at one moment.
type reading struct {
	state string // "": nothing to show
	open  bool   // the end has been open, so the fields below are valid
	moved int64  // frames
	xruns uint32
	past  bool // the transfer is over
}

const progressInterval = 100 * time.Millisecond

// showProgress returns nil unless standard error is a terminal that understands a carriage return.
func showProgress(e *env, loop, verb string, waits bool) *progress {
	f, ok := e.stderr.(*os.File)
	if !ok || !console.IsTerminal(f) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	g := &progress{w: f, loop: loop, verb: verb, quit: make(chan struct{}), done: make(chan struct{})}
	if waits {
		g.seen.state = "waiting for a server"
	}
	g.width = func() int {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
		return 80
	}
	go g.run()
	return g
}

func (g *progress) run() {
	defer close(g.done)
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			g.draw("")
		case <-g.quit:
			g.draw("\n")
			return
		}
	}
}

// attach starts to show an end, of which total frames are to come.
func (g *progress) attach(p *pcm.PCM, total int64) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.p, g.f, g.total = p, p.Format(), total
}

// expect says how many frames are to come in all.
func (g *progress) expect(total int64) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total = total
}

// detach takes a last reading of the end.
func (g *progress) detach() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lookLocked()
	g.p = nil
}

// finish shows the result: what was done, with how many frames.
func (g *progress) finish(did string, frames int64) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lookLocked()
	g.p = nil
	g.seen.state, g.seen.moved, g.seen.past = did, frames, true
}

// level adds frames to the peak.
func (g *progress) level(block []byte) {
	if g == nil {
		return
	}
	peak := peakOf(g.f.Encoding, block)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.peak = max(g.peak, peak)
}

// stop draws the line a last time and ends it. An attached end must still be open.
func (g *progress) stop() {
	if g == nil {
		return
	}
	g.once.Do(func() { close(g.quit) })
	<-g.done
}

func (g *progress) draw(end string) {
	g.mu.Lock()
	g.lookLocked()
	text := g.textLocked()
	g.peak = 0
	g.mu.Unlock()
	if text != "" {
		fmt.Fprintf(g.w, "\r%s\x1b[K%s", text, end)
	}
}

// lookLocked takes a reading.
func (g *progress) lookLocked() {
	if g.p == nil {
		return
	}
	g.seen = reading{state: stateOf(g.p, g.verb), open: true, moved: int64(g.p.Position())}
	if g.p.Direction() == pcm.Write {
		g.seen.moved = max(0, g.seen.moved-int64(g.p.Delay()))
	}
	g.seen.xruns, _ = g.p.Xruns()
}

// peakOf returns the largest magnitude of whole samples; 1 is full scale. Floats may exceed it;
// NaN and infinity count as silence.
func peakOf(e audio.Encoding, samples []byte) float64 {
	var block [512]float32
	peak := float32(0)
	for size := e.Bytes(); size > 0 && len(samples) >= size; {
		part := block[:min(len(block), len(samples)/size)]
		e.Decode(part, samples)
		for _, v := range part {
			peak = max(peak, v, -v)
		}
		samples = samples[len(part)*size:]
	}
	return float64(peak)
}
