package daemon

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// A machine starts, and the driver of a card comes after the daemon.
func TestRequiredCardIsLate(t *testing.T) {
	absent, forbidden := audio.ErrNoDevice.With("no card"), audio.ErrPermission.With("no permission on it")
	for _, c := range []struct {
		name            string
		tries           []error // what each attempt to open it meets; the last one, again and again
		required, awake bool    // awake: the service manager has started the daemon
		opened          int
		after           time.Duration
	}{
		{"there", []error{nil}, true, true, 1, 0},
		{"late", []error{absent, absent, forbidden, nil}, true, true, 4, 3 * lateLook},
		{"never", []error{absent}, true, true, int(cardsLate / lateLook), cardsLate},
		{"by hand", []error{absent, nil}, true, false, 1, 0},
		{"broken", []error{audio.ErrIO.With("broken"), nil}, true, true, 1, 0},
		{"not required", []error{absent, nil}, false, true, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.awake {
				t.Setenv("NOTIFY_SOCKET", "/nowhere")
			}
			synctest.Test(t, func(t *testing.T) {
				began, opened := time.Now(), 0
				d := config.DefaultDevice()
				d.Name, d.Backend, d.Play, d.Card.Required = "main", config.ALSA, true, c.required
				all := cards{log: zerolog.Nop()}
				over := all.awaitLate(t.Context())
				s, err := all.openLate(d, nil, func() (backend.Stream, error) {
					opened++
					if err := c.tries[min(opened, len(c.tries))-1]; err != nil {
						return nil, err
					}
					return backendtest.NewClock(d.Config), nil
				})
				over()
				if s != nil {
					s.Close()
				}
				last := c.tries[min(c.opened, len(c.tries))-1]
				if !errors.Is(err, last) || (err == nil) != (last == nil) {
					t.Errorf("the error is %v, want %v", err, last)
				}
				if took := time.Since(began); took != c.after || opened < c.opened || opened > c.opened+1 {
					t.Errorf("opened %d times in %v, want %d times in %v", opened, took, c.opened, c.after)
				}
			})
		})
	}
}

// Who plugs the card in need not wait for the next look, and a daemon that is stopped waits for nothing.
func TestLateCardIsPluggedIn(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "/nowhere")
	for _, stopped := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			began := time.Now()
			var there atomic.Bool
			d := config.DefaultDevice()
			d.Card.Required = true
			all := cards{log: zerolog.Nop()}
			defer all.awaitLate(ctx)()
			plugged := make(chan struct{}, 1)
			time.AfterFunc(lateLook/10, func() {
				if stopped {
					stop()
					return
				}
				there.Store(true)
				plugged <- struct{}{}
			})
			_, err := all.openLate(d, plugged, func() (backend.Stream, error) {
				if there.Load() {
					return nil, nil
				}
				return nil, audio.ErrNoDevice.With("no card")
			})
			if took := time.Since(began); took != lateLook/10 || stopped != errors.Is(err, audio.ErrNoDevice) {
				t.Errorf("stopped: %t; after %v: %v", stopped, took, err)
			}
		})
	}
}
