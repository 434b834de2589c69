package reach

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// hangs is a call that nobody answers.
func hangs(ctx context.Context) error {
	<-ctx.Done()
	return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
}

// In virtual time: what is to be answered at once is given up after 5 s, or as long as the
// caller has said; what its own context ends is not called silence.
func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, patience := range []time.Duration{usual, time.Minute} {
			began := time.Now()
			ctx := t.Context()
			if patience != usual {
				ctx = WithPatience(ctx, patience)
			}
			if err := Bound(ctx, "/s", hangs); !errors.Is(err, audio.ErrTimedOut) || time.Since(began) != patience {
				t.Errorf("%v after %v, want ErrTimedOut after %v", err, time.Since(began), patience)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Bound(ctx, "/s", hangs); !errors.Is(err, audio.ErrInterrupted) {
			t.Errorf("%v, want ErrInterrupted", err)
		}
		if err := Bound(t.Context(), "/s", func(context.Context) error { return audio.ErrTimedOut }); err != audio.ErrTimedOut {
			t.Errorf("%v: what the daemon says is handed on", err)
		}
	})
}

// passing is a context whose deadline has passed, before its timer has noticed.
type passing struct{ context.Context }

func (passing) Deadline() (time.Time, bool) { return time.Unix(1, 0), true }

// A deadline that passes says nothing about the daemon.
func TestDialDeadline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Dial(passing{t.Context()}, "unix", path, path); !errors.Is(err, audio.ErrInterrupted) {
		t.Errorf("%v, want ErrInterrupted", err)
	}
}

// What may take an hour does, as long as the daemon answers the probes; it is given up 5 s after
// its beginning if the daemon was silent from then on, and not long after the daemon falls silent.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probes := 0
		answers := func(context.Context) error { probes++; return nil }
		lasts := func(d time.Duration) func(context.Context) error {
			return func(ctx context.Context) error {
				select {
				case <-time.After(d):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		if err := Watch(t.Context(), "/s", answers, lasts(time.Hour)); err != nil || probes < 700 || probes > 720 {
			t.Errorf("%v, %d probes in an hour", err, probes)
		}
		began := time.Now()
		if err := Watch(t.Context(), "/s", hangs, lasts(time.Hour)); !errors.Is(err, audio.ErrTimedOut) || time.Since(began) != usual {
			t.Errorf("silent from the beginning: %v after %v", err, time.Since(began))
		}
		began = time.Now()
		falls := func(ctx context.Context) error {
			if time.Since(began) < time.Minute {
				return nil
			}
			return hangs(ctx)
		}
		if err := Watch(t.Context(), "/s", falls, lasts(time.Hour)); !errors.Is(err, audio.ErrTimedOut) || time.Since(began) > time.Minute+2*usual {
			t.Errorf("silent after a minute: %v after %v", err, time.Since(began))
		}
		refuses := func(context.Context) error { return audio.ErrNoMemory } // is an answer
		if err := Watch(t.Context(), "/s", refuses, lasts(time.Minute)); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Watch(ctx, "/s", hangs, lasts(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want that of the context", err)
		}
	})
}
