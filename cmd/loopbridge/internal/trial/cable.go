package trial

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
)

// Cable carries what one null device plays, as its Output, to what the same or another one records, as its
// Input, some frames later.
type Cable struct {
	Format audio.Format
	Change func(samples []float32) // on the way; nil: nothing

	mu     sync.Mutex
	frames []byte
	silent int // frames of silence that had to be put in
}

// NewCable returns a cable that is so many frames long.
func NewCable(f audio.Format, frames int) *Cable {
	c := &Cable{Format: f, frames: make([]byte, frames*f.FrameBytes())}
	f.Encoding.Silence(c.frames)
	return c
}

// Play implements null.Sink.
func (c *Cable) Play(block []byte) {
	samples := make([]float32, len(block)/c.Format.Encoding.Bytes())
	c.Format.Encoding.Decode(samples, block)
	if c.Change != nil {
		c.Change(samples)
	}
	changed := make([]byte, len(block))
	c.Format.Encoding.Encode(changed, samples, nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames = append(c.frames, changed...)
}

// Fill implements null.Source.
func (c *Cable) Fill(block []byte, _ uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(block, c.frames)
	c.frames = append(c.frames[:0], c.frames[n:]...)
	c.Format.Encoding.Silence(block[n:])
	c.silent += (len(block) - n) / c.Format.FrameBytes()
}

// Room implements null.Sink.
func (c *Cable) Room() int { return 1 << 30 }

// Flush implements null.Sink.
func (c *Cable) Flush() {}

// Close implements null.Sink.
func (c *Cable) Close() error { return nil }

// Silent returns how many frames were not there in time: the cable is that much longer now.
func (c *Cable) Silent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.silent
}
