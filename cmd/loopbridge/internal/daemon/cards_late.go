package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/systemd"
)

const (
	// cardsLate is how long a start waits for required cards that are not there: when a machine starts, the daemon comes
	// before the drivers of some cards, and before they may be opened.
	cardsLate = 10 * time.Second

	// lateLook is how often a card is tried that is not said to have been plugged in.
	lateLook = time.Second
)

// awaitLate lets required cards be late, until the start is over or ctx ends: the units that are ordered after the daemon
// then find the card, and none of those that require it fails. Somebody who starts a daemon by hand is told at once.
func (c *cards) awaitLate(ctx context.Context) (over func()) {
	if !systemd.Notifies() {
		return func() {}
	}
	var cancel func()
	c.late, cancel = context.WithTimeout(ctx, cardsLate)
	return func() {
		cancel()
		c.late = nil
	}
}

// openLate opens a card for a device, and waits for a required one that may still come.
func (c *cards) openLate(d config.Device, plugged <-chan struct{}, open func() (backend.Stream, error)) (backend.Stream, error) {
	s, err := open()
	if c.late == nil || !d.Card.Required || !mayCome(err) {
		return s, err
	}
	c.log.Info().Str("device", d.Name).Str("card", d.Card.Name).Msg("waits for its card")
	systemd.Status("waits for card " + d.Card.Name)
	look := time.NewTicker(lateLook)
	defer look.Stop()
	for mayCome(err) {
		select {
		case <-plugged:
		case <-look.C:
		case <-c.late.Done():
			return nil, err
		}
		s, err = open()
	}
	return s, err
}

// mayCome reports whether a card did not open because it, or the right to use it, was not there yet.
func mayCome(err error) bool {
	return errors.Is(err, audio.ErrNoDevice) || errors.Is(err, audio.ErrPermission)
}
