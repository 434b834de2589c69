package route_test

import (
	"context"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// open opens an end of a loop for a program of the test.
func (w *world) open(name string, role pcm.Role, d audio.Direction) *pcm.PCM {
	w.Helper()
	o := pcm.Options{Role: role, Direction: d, Buffer: 20 * period, Format: audio.Format{Encoding: audio.FloatLE}}
	p, err := w.bay.Open(w.Context(), name, o)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// play writes the frames of a counter, from a number on, until the end is closed.
func (w *world) play(p *pcm.PCM, c backendtest.Counter, first uint64) {
	size := p.Format().FrameBytes()
	go func() {
		block := make([]byte, period*size)
		for at := first; ; at += period {
			c.Fill(block, at)
			if _, err := p.Write(context.Background(), block); err != nil {
				return
			}
		}
	}()
}

// record keeps what an end reads, until it is closed or its stream ends.
func (w *world) record(p *pcm.PCM) *[]byte {
	heard := new([]byte)
	block := make([]byte, period*p.Format().FrameBytes())
	go func() {
		for {
			n, err := p.Read(context.Background(), block)
			*heard = append(*heard, block[:n*p.Format().FrameBytes()]...)
			if err != nil {
				return
			}
		}
	}()
	return heard
}

// shut closes an end whose other side may be gone.
func (w *world) shut(p *pcm.PCM) {
	done := make(chan struct{})
	go func() {
		_ = p.Close(context.Background())
		close(done)
	}()
	w.run(0.1)
	<-done
}

// contiguous fails unless, from the end of its fade on, sound is frames of a counter one after the other, at
// least so many.
func contiguous(t *testing.T, c backendtest.Counter, sound []byte, size, least int) {
	t.Helper()
	frames := len(sound) / size
	at := func(i int) uint64 { return c.Number(sound[i*size : (i+1)*size]) }
	good := 0
	for i := 1; i < frames; i++ {
		if at(i) == (at(i-1)+1)%c.Span() {
			good++
		} else if good > 2000 { // no fade
			t.Errorf("frame %d of %d: %d follows %d", i, frames, at(i), at(i-1))
			return
		} else {
			good = 0
		}
	}
	if good < least {
		t.Errorf("%d of %d frames follow one another, want %d", good, frames, least)
	}
}
