// Package reach connects programs and operators to a daemon and limits how long it may be silent.
// Both get the same errors with the same sentences. Its functions may be called from any
// goroutine.
package reach

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// usual is the default patience; the ALSA plugin has the same.
const usual = 5 * time.Second

type patienceKey struct{}

// WithPatience returns a context with another patience than the usual one.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

// Patience returns how long calls under a context wait for a sign of life from the daemon.
func Patience(ctx context.Context) time.Duration {
	if d, ok := ctx.Value(patienceKey{}).(time.Duration); ok {
		return d
	}
	return usual
}

// ErrFull returns the error of a program that has no descriptors left.
func ErrFull() error {
	return audio.ErrNoMemory.With("this program has no descriptors left: raise its limit of open files (ulimit -n)")
}

// errSilent returns the error of a daemon that exists and does not answer.
func errSilent(socket string, after time.Duration) error {
	return audio.ErrTimedOut.With(
		"the daemon on %s has not answered for %v: is it stopped? (kill -CONT lets it go on)", socket, after)
}

// Bound runs a call that a daemon answers at once; ErrTimedOut if it does not.
func Bound(ctx context.Context, socket string, call func(context.Context) error) error {
	patience := Patience(ctx)
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := call(bounded)
	late := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
	if err != nil && ctx.Err() == nil && (late || errors.Is(err, audio.ErrInterrupted)) {
		return errSilent(socket, patience)
	}
	return err
}

// Watch runs a call that a daemon may answer much later. At first early, then at intervals, it runs
// probe, which the daemon answers at once, to see whether it is alive. If not, Watch cancels the
// call and returns ErrTimedOut.
func Watch(ctx context.Context, socket string, probe, call func(context.Context) error) error {
	patience := Patience(ctx)
	watched, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		early := patience / 5 // leaving the rest for its answer
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
