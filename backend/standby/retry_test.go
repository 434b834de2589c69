package standby_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

// balky does not start.
type balky struct{ *backendtest.Clock }

func (balky) Start() error { return audio.ErrIO.With("the card fails: broken pipe at start") }

// TestStartsAtTheSecondTry, as a USB card does with some kernels: it is closed, opened and started
// again without a pause, and no frame of the stand-in's clock is counted twice.
func TestStartsAtTheSecondTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		null, plugged := clock(), make(chan struct{}, 1)
		var last atomic.Pointer[backendtest.Clock]
		var opens atomic.Int32
		s := openOn(t, null, plugged, func(backend.Config) (backend.Stream, error) {
			n := opens.Add(1)
			if n == 1 { // when the daemon starts
				return nil, audio.ErrNoDevice.With("no card")
			}
			if card := last.Load(); card != nil && !card.Closed() {
				t.Error("it is opened while it is open")
			}
			card := clock()
			last.Store(card)
			if n%2 == 0 {
				return balky{card}, nil
			}
			return card, nil
		})
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		position, done := serve(t, s)
		null.Advance(3 * period)
		synctest.Wait()
		began := time.Now()
		plugged <- struct{}{}
		if on := runsOn(s); on != "card" || opens.Load() != 3 || !time.Now().Equal(began) {
			t.Errorf("it runs on %s after %v, opened %d times", on, time.Since(began), opens.Load())
		}
		last.Load().Advance(period)
		synctest.Wait()
		if position.Load() != 4*period {
			t.Errorf("position %d", position.Load())
		}
		if got := said(s); len(got) != 1 || !strings.Contains(got[0], "card did not start at first") || !strings.Contains(got[0], "broken pipe") {
			t.Errorf("it says %q", got)
		}
		last.Load().Fail(audio.ErrIO) // as after a suspend: it starts at the second retry
		if on := runsOn(s); on != "card" || opens.Load() != 5 || !time.Now().Equal(began) {
			t.Errorf("it runs on %s after %v, opened %d times", on, time.Since(began), opens.Load())
		}
		finish(t, s, done, null, last.Load())
	})
}

// TestPauseDoubles: a card that never starts has a pause after a few tries, of 50 ms at first, and
// says so once. Plugging it in starts over.
func TestPauseDoubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		null, plugged := clock(), make(chan struct{}, 1)
		var mu sync.Mutex
		var at []time.Duration
		began := time.Now()
		s := openOn(t, null, plugged, func(backend.Config) (backend.Stream, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(began))
			return balky{clock()}, nil
		})
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		_, done := serve(t, s)
		series := func() (all []time.Duration) {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			for i := range at {
				if all = append(all, at[i]); i > 0 {
					all[i] -= at[i-1]
				}
			}
			at, began = nil, time.Now()
			return all
		}
		time.Sleep(time.Second)
		const ms = time.Millisecond
		want := []time.Duration{0, 0, 0, 0, 50 * ms, 0, 0, 100 * ms, 0, 0, 200 * ms, 0, 0, 400 * ms, 0, 0}
		if got := series(); !slices.Equal(got, want) {
			t.Errorf("tries after %v, want %v", got, want)
		}
		time.Sleep(time.Hour)
		if n := len(series()) / 3; n < 60 || n > 80 {
			t.Errorf("%d series of tries in an hour", n)
		}
		if got := said(s); len(got) != 1 || !strings.Contains(got[0], "card opens, but does not start") {
			t.Errorf("it says %q", got)
		}
		plugged <- struct{}{}
		time.Sleep(60 * ms)
		if got, want := series(), []time.Duration{0, 0, 0, 50 * ms, 0, 0}; !slices.Equal(got, want) {
			t.Errorf("tries after it was plugged in: %v, want %v", got, want)
		}
		finish(t, s, done, null)
	})
}
