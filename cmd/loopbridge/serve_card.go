package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/backend/standby"
	"github.com/loopbridge/loopbridge/loop"
)

// cards are the sound cards of the daemon: they come and go.
type cards struct {
	log    zerolog.Logger
	bay    *loop.Patchbay
	finder alsa.Finder
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu      sync.Mutex
	plugged []chan struct{} // of each device that wants to know
}

// lookAgain is how often a card that does not open is tried again, at first.
const lookAgain = 2 * time.Second

// open opens a card for a device, and what stands in for it while it is not there: its
// fallbacks, and at last a timer with silence behind it.
func (c *cards) open(wish backend.Config, d DeviceConfig) (backend.Stream, error) {
	wish.Play, wish.Record = d.Play, d.Record
	o := standby.Options{Look: lookAgain, Plugged: c.subscribe()}
	for _, name := range append([]string{d.Card.Card}, d.Card.Fallback...) {
		o.Sources = append(o.Sources, standby.Source{Name: name, Open: func(wish backend.Config) (backend.Stream, error) {
			return c.openCard(name, wish)
		}})
	}
	if d.Card.Required {
		first, err := o.Sources[0].Open(wish)
		if err != nil {
			return nil, err
		}
		wish = first.Granted()
		if err := first.Close(); err != nil {
			return nil, err
		}
	}
	o.Sources = append(o.Sources, standby.Source{Name: nullDevice, Open: func(wish backend.Config) (backend.Stream, error) {
		return null.Open(wish, null.Options{})
	}})
	return standby.Open(wish, o)
}

// openCard opens the card that has a name now.
func (c *cards) openCard(name string, wish backend.Config) (backend.Stream, error) {
	var d audio.Direction
	if wish.Play {
		d |= audio.Play
	}
	if wish.Record {
		d |= audio.Record
	}
	card, pcm, err := c.finder.Resolve(name, d)
	if err != nil {
		return nil, err
	}
	return alsa.Open(wish, alsa.Address{Card: card.Number, Device: pcm.Device})
}

// subscribe is told whenever a card was plugged in.
func (c *cards) subscribe() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	plugged := make(chan struct{}, 1)
	c.plugged = append(c.plugged, plugged)
	if c.cancel == nil {
		var ctx context.Context
		ctx, c.cancel = context.WithCancel(context.Background())
		c.wait.Go(func() { c.watch(ctx) })
	}
	return plugged
}

// watch tells the devices of cards that come. What goes they find out by themselves.
func (c *cards) watch(ctx context.Context) {
	events, err := alsa.Watch(ctx)
	if err != nil {
		c.log.Warn().Err(err).Msg("cards that are plugged in are found only by looking for them")
		return
	}
	for e := range events {
		switch {
		case e.Note != nil:
			c.log.Warn().Err(e.Note).Msg("sound cards")
		case e.Added:
			c.log.Info().Int("card", e.Card.Number).Str("id", e.Card.ID).Msg("sound card: " + e.Card.LongName)
			c.tell()
		case e.Removed:
			c.log.Info().Int("card", e.Card.Number).Str("id", e.Card.ID).Msg("sound card removed")
		}
	}
}

func (c *cards) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, plugged := range c.plugged {
		select {
		case plugged <- struct{}{}:
		default: // it is about to look
		}
	}
}

// follow tells what a device runs on, until its stream is closed.
func (c *cards) follow(device string, s backend.Switcher) {
	for change := range s.Switches() {
		ev := loop.Event{Kind: loop.Back, Device: device, Note: change.To + " takes over from " + change.From}
		if change.Err != nil {
			ev.Kind, ev.Note = loop.Gone, fmt.Sprintf("%v; %s stands in", change.Err, change.To)
		}
		c.bay.Tell(ev)
	}
}

// close ends the watch. Close the devices before.
func (c *cards) close() {
	if c.cancel != nil {
		c.cancel()
	}
	c.wait.Wait()
}
