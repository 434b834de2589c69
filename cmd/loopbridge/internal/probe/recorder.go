package probe

import (
	"context"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// recorder reads from an end without a pause, and keeps the frames of a window.
type recorder struct {
	p     *pcm.PCM
	heard func([]byte)

	mu sync.Mutex
	at uint64  // position of the next frame
	w  *window // nil: none
}

// window is frames that are kept.
type window struct {
	from     uint64 // position of the first
	left     int    // frames to come
	channels int
	samples  []float32
	missed   bool          // its first frames were not kept
	done     chan struct{} // closed when it is full
}

// channel returns the samples of one channel.
func (w *window) channel(k int) []float32 {
	out := make([]float32, len(w.samples)/w.channels)
	for i := range out {
		out[i] = w.samples[i*w.channels+k]
	}
	return out
}

func newRecorder(p *pcm.PCM, heard func([]byte)) *recorder { return &recorder{p: p, heard: heard} }

// position returns the position of the next frame.
func (r *recorder) position() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// keep returns a window of n frames that begins at a position.
func (r *recorder) keep(from uint64, n int) *window {
	r.mu.Lock()
	defer r.mu.Unlock()
	channels := r.p.Format().Channels
	r.w = &window{
		from: from, left: n, channels: channels, samples: make([]float32, 0, n*channels), missed: r.at > from,
		done: make(chan struct{}),
	}
	return r.w
}

// run reads until ctx ends.
func (r *recorder) run(ctx context.Context) error {
	f := r.p.Format()
	block := make([]byte, max(1, int(f.Frames(pcm.DefaultPeriod)))*f.FrameBytes())
	for ctx.Err() == nil {
		n, err := r.p.Read(ctx, block)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		r.heard(block[:n*f.FrameBytes()])
		r.take(f, block[:n*f.FrameBytes()], r.p.Position())
	}
	return nil
}

// take keeps what belongs to the window of frames that end before a position.
func (r *recorder) take(f audio.Format, frames []byte, end uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = end
	w := r.w
	if w == nil || end <= w.from {
		return
	}
	n := len(frames) / f.FrameBytes()
	if len(w.samples) == 0 && end-w.from < uint64(n) {
		n = int(end - w.from)
	}
	frames = frames[len(frames)-n*f.FrameBytes():]
	n = min(n, w.left)
	samples := make([]float32, n*f.Channels)
	f.Encoding.Decode(samples, frames[:n*f.FrameBytes()])
	w.samples = append(w.samples, samples...)
	if w.left -= n; w.left == 0 {
		close(w.done)
		r.w = nil
	}
}
