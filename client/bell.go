package client

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// bell is the eventfd that the daemon counts up. The Go runtime polls it.
type bell struct {
	file *os.File
	dead atomic.Bool
}

func newBell(fd int) *bell {
	return &bell{file: os.NewFile(uintptr(fd), "loopbridge bell")}
}

// Ring wakes the sleeper from this process.
func (b *bell) Ring() {
	one := [8]byte{1}
	_, _ = b.file.Write(one[:])
}

// Sleep implements pcm.Bell.
func (b *bell) Sleep(ctx context.Context) error {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, b.expire)
		defer stop()
	}
	var count [8]byte
	_, err := b.file.Read(count[:])
	switch {
	case b.dead.Load():
		return audio.ErrReset.With("the daemon has gone: end of stream")
	case os.IsTimeout(err):
		// Of this context, or of an earlier one whose expire came late.
		_ = b.file.SetReadDeadline(time.Time{})
		if ctx.Err() != nil {
			return interrupted(ctx)
		}
	case err != nil:
		return audio.ErrIO.With("waiting for the daemon: %v", err)
	}
	return nil
}

// expire ends a Sleep whose context has ended.
func (b *bell) expire() { _ = b.file.SetReadDeadline(time.Unix(1, 0)) }

// die wakes the sleeper for good.
func (b *bell) die() {
	b.dead.Store(true)
	b.Ring()
}

func interrupted(ctx context.Context) error {
	return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
}
