package server_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// bystander is a pair of programs on the loop "other" that carries a numbered
// pattern all the time, and must not notice what happens on other loops. Its rings
// hold seconds, so that a busy machine alone does not disturb it.
type bystander struct {
	testing.TB
	reader, writer *pcm.PCM
	read           atomic.Uint64 // frames, all of them right
	stop           context.CancelFunc
	done           chan struct{}
}

func newBystander(t testing.TB, socket string) *bystander {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	b := &bystander{TB: t, stop: stop, done: make(chan struct{}, 2)}
	open := func(role pcm.Role, dir audio.Direction) *pcm.PCM {
		p, err := client.Open(ctx, socket, "other", pcm.Options{Role: role, Direction: dir, Period: 96, Buffer: 5 * 48000})
		if err != nil {
			t.Fatalf("bystander: %v", err)
		}
		return p
	}
	b.reader, b.writer = open(pcm.Server, pcm.Read), open(pcm.Client, pcm.Write)
	go b.runWriter(ctx)
	go b.runReader(ctx)
	t.Cleanup(b.leave)
	b.goesOn()
	return b
}

func (b *bystander) runWriter(ctx context.Context) {
	defer func() { b.done <- struct{}{} }()
	counter := backendtest.NewCounter(b.writer.Format())
	block := make([]byte, 480*b.writer.Format().FrameBytes())
	for n := uint64(0); ; n += 480 {
		counter.Fill(block, n)
		if _, err := b.writer.Write(ctx, block); err != nil {
			if !errors.Is(err, audio.ErrInterrupted) {
				b.Errorf("bystander: write at frame %d: %v", n, err)
			}
			return
		}
	}
}

func (b *bystander) runReader(ctx context.Context) {
	defer func() { b.done <- struct{}{} }()
	counter := backendtest.NewCounter(b.reader.Format())
	frame := b.reader.Format().FrameBytes()
	block := make([]byte, 480*frame)
	for {
		n, err := b.reader.Read(ctx, block)
		if err != nil {
			if !errors.Is(err, audio.ErrInterrupted) {
				b.Errorf("bystander: read at frame %d: %v", b.read.Load(), err)
			}
			return
		}
		if _, err := counter.Check(block[:n*frame], b.read.Load()); err != nil {
			b.Errorf("bystander: %v", err)
			return
		}
		b.read.Add(uint64(n))
	}
}

// goesOn waits until the bystander has moved 50 ms more.
func (b *bystander) goesOn() {
	b.Helper()
	servertest.Until(b, "the bystander", func(to uint64) func() bool {
		return func() bool { return b.read.Load() >= to || b.Failed() }
	}(b.read.Load()+2400))
}

// leave ends it, and checks that it has noticed nothing.
func (b *bystander) leave() {
	b.goesOn()
	b.stop()
	<-b.done
	<-b.done
	for _, p := range []*pcm.PCM{b.reader, b.writer} {
		if bursts, frames := p.Xruns(); bursts != 0 {
			b.Errorf("bystander: the %s had %d xruns, %d frames", p.Role(), bursts, frames)
		}
		p.Abandon()
	}
}
