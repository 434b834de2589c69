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

// bell is the epoll instance that is readable when the daemon rang. The Go runtime
// polls it. Whoever wakes the sleeper from this process moves its deadline into the
// past; the sleeper takes that back.
type bell struct {
	file *os.File
	conn syscall.RawConn
	take func(fd uintptr) (done bool) // b.silence, made once
	dead atomic.Bool

	// The sleeper's.
	event [1]unix.EpollEvent
	err   error
	bound <-chan struct{} // Done of the context whose end wakes the sleeper
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

// Sleep implements pcm.Bell. Woken by the daemon's death it returns nil once more,
// for the caller to take what is left in the ring.
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
		// By Ring, or by expire, of this context or late of the one before.
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

// silence reports whether the bell had rung, and makes it silent.
func (b *bell) silence(fd uintptr) bool {
	var n int
	for {
		if n, b.err = unix.EpollWait(int(fd), b.event[:], 0); b.err != unix.EINTR {
			return n > 0 || b.err != nil
		}
	}
}

// bind makes the end of ctx wake the sleeper. It lasts until the next bind, so that
// a program which sleeps under the same context again and again allocates once.
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

// die wakes the sleeper for good.
func (b *bell) die() {
	b.dead.Store(true)
	b.Ring()
}

// close is for when nobody sleeps any more.
func (b *bell) close() {
	b.unbind()
	b.file.Close()
}

func interrupted(ctx context.Context) error {
	return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
}
