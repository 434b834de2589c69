package client

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// bell is the epoll instance that becomes readable when the daemon rings. The Go runtime polls
// it. To wake the sleeper from this process, move its read deadline into the past; the sleeper
// clears the deadline.
type bell struct {
	file *os.File
	conn syscall.RawConn
	take func(fd uintptr) (done bool) // b.silence, bound once
	dead atomic.Bool

	// Used by the sleeper only.
	event [1]unix.EpollEvent
	err   error
	bound <-chan struct{} // Done of the context that wakes the sleeper
	undo  func() bool
}

func newBell(fd int) (*bell, error) {
	_ = unix.SetNonblock(fd, true) // else package os does not poll it
	b := &bell{file: os.NewFile(uintptr(fd), "loopbridge bell")}
	b.take = b.silence
	var err error
	if b.conn, err = b.file.SyscallConn(); err == nil {
		err = b.file.SetReadDeadline(time.Time{})
	}
	if err != nil {
		b.file.Close()
		return nil, audio.ErrProtocol.With("the daemon sent a bell that cannot be polled: %v", err)
	}
	return b, nil
}

// Sleep implements pcm.Bell. When the daemon dies it returns nil once, so that the caller takes
// what is left in the ring.
func (b *bell) Sleep(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx)
	case b.dead.Load():
		return audio.ErrReset.With("the daemon has gone: end of stream")
	}
	b.bind(ctx)
	err := b.conn.Read(b.take)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		// Woken by Ring, perhaps late, for the previous context.
		_ = b.file.SetReadDeadline(time.Time{})
		if ctx.Err() != nil {
			return interrupted(ctx)
		}
		return nil
	case err == nil:
		err = b.err
	}
	if err != nil {
		return audio.ErrIO.With("waiting for the daemon: %v", err)
	}
	return nil
}

// silence reports whether the bell had rung, and silences it.
func (b *bell) silence(fd uintptr) bool {
	var n int
	for {
		if n, b.err = unix.EpollWait(int(fd), b.event[:], 0); b.err != unix.EINTR {
			return n > 0 || b.err != nil
		}
	}
}

// bind makes the end of ctx wake the sleeper, until the next bind: a program that keeps sleeping
// under one context allocates once.
func (b *bell) bind(ctx context.Context) {
	if done := ctx.Done(); done == nil || done == b.bound {
		return
	}
	b.unbind()
	b.bound, b.undo = ctx.Done(), context.AfterFunc(ctx, b.Ring)
}

func (b *bell) unbind() {
	if b.undo != nil {
		b.undo()
	}
	b.bound, b.undo = nil, nil
}

// Ring wakes the sleeper from this process, or makes its next Sleep return at once.
func (b *bell) Ring() { _ = b.file.SetReadDeadline(time.Unix(1, 0)) }

// kill wakes the sleeper for good.
func (b *bell) kill() {
	b.dead.Store(true)
	b.Ring()
}

// close may be called when no goroutine sleeps.
func (b *bell) close() {
	b.unbind()
	b.file.Close()
}

func interrupted(ctx context.Context) error {
	return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
}
