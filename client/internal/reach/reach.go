// Package reach is how programs and operators get to a daemon: the dial, what it means when
// that fails, and how long a daemon may say nothing. Its errors are the same for both, with
// the same sentences. Its functions may be called from any goroutine.
package reach

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// usual is how long a daemon may say nothing; the ALSA plugin waits as long.
const usual = 5 * time.Second

type patienceKey struct{}

// WithPatience gives calls under a context another patience than the usual one.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

// Patience is how long calls under a context wait for the daemon to say anything.
func Patience(ctx context.Context) time.Duration {
	if d, ok := ctx.Value(patienceKey{}).(time.Duration); ok {
		return d
	}
	return usual
}

// ErrFull is for a program that has no descriptors left.
func ErrFull() error {
	return audio.ErrNoMemory.With("this program has no descriptors left: raise its limit of open files (ulimit -n)")
}

// errSilent is for a daemon that is there, and says nothing.
func errSilent(socket string, after time.Duration) error {
	return audio.ErrTimedOut.With("the daemon on %s has not answered for %v: is it stopped? (kill -CONT lets it go on)", socket, after)
}

// Bound runs a call that a daemon answers at once. ErrTimedOut: it has not.
func Bound(ctx context.Context, socket string, call func(context.Context) error) error {
	patience := Patience(ctx)
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := call(bounded)
	if err != nil && ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, audio.ErrInterrupted) || errors.Is(err, os.ErrDeadlineExceeded)) {
		return errSilent(socket, patience)
	}
	return err
}

// Watch runs a call that a daemon may answer much later, as a wait for somebody else.
// Meanwhile probe, a call that it answers at once, asks whether it is still there: early, and
// then at times. ErrTimedOut: it is not, and the call was cancelled.
func Watch(ctx context.Context, socket string, probe, call func(context.Context) error) error {
	patience := Patience(ctx)
	watched, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		early := patience / 5 // with the rest for its answer
		for next := early; ; next = patience {
			select {
			case <-watched.Done():
				return
			case <-time.After(next):
			}
			err := Bound(WithPatience(watched, patience-early), socket, probe)
			if errors.Is(err, audio.ErrTimedOut) && watched.Err() == nil {
				cancel(errSilent(socket, patience))
				return
			}
		}
	}()
	err := call(watched)
	silent := context.Cause(watched)
	cancel(nil)
	<-over
	if err != nil && ctx.Err() == nil && errors.Is(silent, audio.ErrTimedOut) {
		return silent
	}
	return err
}
