package client

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// folder is one in which something happens at given times, in virtual time.
type folder struct {
	unseeing bool
	began    time.Time
	first    time.Duration // −1: nothing happens
	every    time.Duration // 0: once
	seen     time.Time
}

func (f *folder) blind() bool { return f.unseeing }
func (f *folder) close()      {}

func (f *folder) sleep(ctx context.Context, until time.Time, sockets []string) bool {
	change := f.began.Add(f.first)
	for f.every > 0 && !change.After(f.seen) {
		change = change.Add(f.every)
	}
	if f.first < 0 || len(sockets) == 0 || !change.After(f.seen) || change.After(until) {
		return unnoticed{}.sleep(ctx, until, sockets)
	}
	unnoticed{}.sleep(ctx, change, sockets)
	f.seen = time.Now()
	return true
}

// A wait connects at most 20 times a second, seldom where nothing happens, at once when
// something does, and at the end of its time. The plugin's is proved alike by
// plugin/alsa/testdata/search.c.
func TestPaceOfAWait(t *testing.T) {
	const forever, never = pcm.Forever, -1
	nobody := audio.ErrNoDaemon.With("nobody")
	for name, c := range map[string]struct {
		wait        time.Duration
		folder      folder
		comes       time.Duration // never: it does not
		ends        time.Duration // when the wait does
		least, most int           // connects
	}{
		"nobody comes":                 {10 * time.Second, folder{first: never}, never, 10 * time.Second, 16, 17},
		"nobody comes for a moment":    {10 * time.Millisecond, folder{first: never}, never, 10 * time.Millisecond, 1, 1},
		"nobody comes for two moments": {60 * time.Millisecond, folder{first: never}, never, 60 * time.Millisecond, 2, 2},
		"nobody comes, unnoticed":      {10 * time.Second, folder{first: never, unseeing: true}, never, 10 * time.Second, 51, 53},
		"much happens":                 {10 * time.Second, folder{first: 0, every: time.Millisecond}, never, 10 * time.Second, 201, 201},
		"the daemon comes":             {forever, folder{first: 3003 * time.Millisecond}, 3003 * time.Millisecond, 3003 * time.Millisecond, 7, 9},
		"the daemon comes slowly":      {forever, folder{first: 3003 * time.Millisecond}, 3004 * time.Millisecond, 3053 * time.Millisecond, 8, 10},
		"the daemon comes at once":     {5 * time.Second, folder{first: never}, 20 * time.Millisecond, 50 * time.Millisecond, 2, 2},
		"the daemon is there":          {5 * time.Second, folder{first: never}, 0, 0, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSearch("/run/x/s", c.wait)
				c.folder.began, c.folder.seen = s.began, s.began.Add(-1)
				s.folders = &c.folder
				var connects []time.Duration
				for {
					connects = append(connects, time.Since(s.began))
					if c.comes >= 0 && time.Since(s.began) >= c.comes || !s.again(t.Context(), nobody) {
						break
					}
				}
				for i := range connects[1:] {
					if apart := connects[i+1] - connects[i]; apart < 50*time.Millisecond {
						t.Errorf("connects at %v and %v are %v apart", connects[i], connects[i+1], apart)
					}
				}
				if n := len(connects); n < c.least || n > c.most || time.Since(s.began) != c.ends {
					t.Errorf("%d connects, until %v; want %d to %d, until %v: %v", n, time.Since(s.began), c.least, c.most, c.ends, connects)
				}
			})
		})
	}
}

// What says that a daemon is there, or that none can be, ends a wait; so does its context.
func TestEndOfAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSearch("/run/x/s", pcm.Forever)
		s.folders = &folder{first: -1}
		for _, err := range []error{audio.ErrPermission.With("no"), audio.ErrNoServer.With("no"), audio.ErrNoMemory.With("no"), audio.ErrTimedOut.With("no")} {
			if s.again(t.Context(), err) {
				t.Errorf("it waits on after %v", err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1234*time.Millisecond)
		defer cancel()
		began := time.Now()
		for s.again(ctx, audio.ErrReset.With("the daemon has gone")) {
		}
		if ended := time.Since(began); ended != 1234*time.Millisecond {
			t.Errorf("it ended after %v", ended)
		}
		if err := stopped(ctx, audio.ErrNoDaemon); !errors.Is(err, audio.ErrInterrupted) {
			t.Errorf("it ended with %v", err)
		}
	})
}
