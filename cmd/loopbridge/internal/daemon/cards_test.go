package daemon

import (
	"errors"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// TestRequiredIsOpenedOnce: a card that a daemon cannot do without is opened once, and not
// to see whether it is there, and again to be used.
func TestRequiredIsOpenedOnce(t *testing.T) {
	for _, there := range []bool{true, false} {
		opened, closed := 0, 0
		c := cards{log: zerolog.Nop()}
		c.opener = func(_ config.Device, _ string, wish backend.Config) (backend.Stream, error) {
			if opened++; !there {
				return nil, audio.ErrNoDevice.With("no card")
			}
			return countedClose{backendtest.NewClock(wish), &closed}, nil
		}
		d := config.DefaultDevice()
		d.Name, d.Backend, d.Play, d.Card.Required = "main", config.ALSA, true, true
		s, err := c.open(d)
		if there != (err == nil) || !there && !errors.Is(err, audio.ErrNoDevice) {
			t.Errorf("it is there: %v, and the error is %v", there, err)
		}
		if opened != 1 || closed != 0 {
			t.Errorf("it is there: %v; opened %d times, closed %d times", there, opened, closed)
		}
		if s != nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		c.close()
	}
}

// countedClose counts how often a stream is closed.
type countedClose struct {
	*backendtest.Clock
	closed *int
}

func (c countedClose) Close() error {
	*c.closed++
	return c.Clock.Close()
}

// TestCardsAreWatchedLater: a daemon that takes over does not look at all cards before it serves its own.
func TestCardsAreWatchedLater(t *testing.T) {
	c := cards{log: zerolog.Nop()}
	defer c.close()
	look := c.lookAway()
	c.subscribe()
	if c.cancel != nil {
		t.Error("it looks away, and looks")
	}
	look()
	if c.cancel == nil {
		t.Error("nobody watches the cards")
	}
}
