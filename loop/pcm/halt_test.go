package pcm_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// deskBell lets a test act right after the first ring, before who rang goes on.
type deskBell struct {
	rung   chan struct{}
	first  sync.Once
	act    func()
	sleeps int
	asleep chan struct{} // closed by a sleep that nobody has rung for
}

func (b *deskBell) Ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
	b.first.Do(b.act)
}

func (b *deskBell) Sleep(ctx context.Context) error {
	if b.sleeps++; b.sleeps == 2 {
		close(b.asleep)
	}
	select {
	case <-b.rung:
		return nil
	case <-ctx.Done():
		return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
	}
}

// nobody is a daemon that does what it is told at once.
type nobody struct{ pcm.Control }

func (nobody) Start() error               { return nil }
func (nobody) Halt(context.Context) error { return nil }

// A call that begins while a Halt waits for the one before does not sleep: nobody would wake it, and the Halt would wait
// for it.
func TestCallThatBeginsDuringAHalt(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, p *pcm.PCM) error{
		"Read": func(ctx context.Context, p *pcm.PCM) error {
			_, err := p.Read(ctx, make([]byte, 4*p.Format().FrameBytes()))
			return err
		},
		"Wait": func(ctx context.Context, p *pcm.PCM) error {
			_, err := p.Wait(ctx, 1)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { beginsDuringAHalt(t, call) })
	}
}

func beginsDuringAHalt(t *testing.T, call func(ctx context.Context, p *pcm.PCM) error) {
	spec := ring.Spec{Format: audio.DefaultFormat(), Capacity: 480}
	r, err := ring.New(ring.Memory(spec.Bytes()), spec)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	bell := &deskBell{rung: make(chan struct{}, 1), asleep: make(chan struct{})}
	p := pcm.New("loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read}, pcm.Grant{Ring: r, Direction: pcm.Read, Period: 120}, nobody{}, bell)
	result := make(chan error, 1)
	bell.act = func() {
		ended := make(chan struct{})
		go func() {
			result <- call(ctx, p)
			close(ended)
		}()
		select {
		case <-ended:
		case <-bell.asleep:
		}
	}
	if err := p.Halt(ctx); err != nil {
		t.Errorf("the halt: %v", err)
	}
	if ctx.Err() != nil {
		t.Error("the call that began during a halt slept until its context ended")
	}
	if err := <-result; !errors.Is(err, audio.ErrInterrupted) {
		t.Errorf("the call that began during a halt: %v, want ErrInterrupted", err)
	}
}
