package main

import (
	"context"
	"errors"
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

// cards are the sound cards of the daemon, and the devices of PortAudio: they come and go.
type cards struct {
	log    zerolog.Logger
	bay    *loop.Patchbay
	rt     *realtime
	finder alsa.Finder
	opener func(d DeviceConfig, name string, wish backend.Config) (backend.Stream, error) // nil: openSource
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu       sync.Mutex
	plugged  []chan struct{}            // of each device that wants to know
	opened   map[[2]string]alsa.Address // what is behind a name of a card, by device and name
	controls map[string]*cardControls   // by device
	changed  func()                     // the state is to be kept; nil: not yet

	portAudio portAudio
}

// lookAgain is how often a card that does not open is tried again, at first.
const lookAgain = 2 * time.Second

// open opens a card for a device, and what stands in for it while it is not there: its
// fallbacks, and at last a timer with silence behind it.
func (c *cards) open(wish backend.Config, d DeviceConfig) (backend.Stream, error) {
	wish.Play, wish.Record = d.Play, d.Record
	opener := c.opener
	if opener == nil {
		opener = c.openSource
	}
	o := standby.Options{Look: lookAgain, Plugged: c.subscribe(), Required: d.Card.Required}
	for _, name := range append([]string{d.Card.Card}, d.Card.Fallback...) {
		o.Sources = append(o.Sources, standby.Source{Name: name, Open: func(wish backend.Config) (backend.Stream, error) {
			return opener(d, name, wish)
		}})
	}
	o.Sources = append(o.Sources, standby.Source{Name: nullDevice, Open: func(wish backend.Config) (backend.Stream, error) {
		return null.Open(wish, null.Options{})
	}})
	s, err := standby.Open(wish, o)
	if err != nil {
		return nil, err
	}
	if d.Backend == portaudioBackend {
		return s, nil // PortAudio has no controls
	}
	controls := &cardControls{
		log: c.log.With().Str("device", d.Name).Logger(), config: d.Card, previous: make(map[audio.Direction]audio.Ports),
		open: alsa.OpenMixer,
		tell: func(changes []audio.Change) { c.set(d.Name, changes) },
	}
	if on, ok := backend.As[backend.Switcher](s); ok {
		at, ok := c.address(d.Name, on.Device())
		if !d.Card.Required {
			controls.tryAttach(at, ok)
		} else if err := controls.attach(at, ok); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.controls == nil {
		c.controls = make(map[string]*cardControls)
	}
	c.controls[d.Name] = controls
	return s, nil
}

// openSource opens what has a name now, for a device.
func (c *cards) openSource(d DeviceConfig, name string, wish backend.Config) (backend.Stream, error) {
	if d.Backend == portaudioBackend {
		return c.openPortAudio(d.Name, name, wish)
	}
	return c.openCard(d.Name, name, wish)
}

// address is the PCM that a device has opened by a name; not ok for what is no card.
func (c *cards) address(device, name string) (at alsa.Address, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok = c.opened[[2]string{device, name}]
	return at, ok
}

// openCard opens the card that has a name now, for a device.
func (c *cards) openCard(device, name string, wish backend.Config) (backend.Stream, error) {
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
	at := alsa.Address{Card: card.Number, Device: pcm.Device}
	s, err := alsa.Open(wish, at)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opened == nil {
		c.opened = make(map[[2]string]alsa.Address)
	}
	c.opened[[2]string{device, name}] = at
	return s, nil
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
		if controls := c.controlsOf(device); controls != nil {
			controls.tryAttach(c.address(device, change.To))
			controls.replugged(true)
		}
		ev := loop.Event{Kind: loop.Back, Device: device, Note: change.To + " takes over from " + change.From}
		if change.Err != nil {
			ev.Kind, ev.Note = loop.Gone, fmt.Sprintf("%v; %s stands in", change.Err, change.To)
		}
		c.bay.Tell(ev)
	}
}

// set tells what others have set of a device, and keeps it.
func (c *cards) set(device string, changes []audio.Change) {
	c.bay.Tell(loop.Event{Kind: loop.Set, Device: device, Changes: changes})
	c.mu.Lock()
	changed := c.changed
	c.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// controlsOf are those of a device, nil for one that is no card.
func (c *cards) controlsOf(device string) *cardControls {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.controls[device]
}

// begin is when all devices have their state; changed keeps what others change from now on.
func (c *cards) begin(changed func()) {
	c.mu.Lock()
	c.changed = changed
	c.mu.Unlock()
	for _, controls := range c.controls {
		controls.begin()
	}
}

// close ends the watch. Close the devices before.
func (c *cards) close() {
	for _, controls := range c.controls {
		controls.close()
	}
	if c.cancel != nil {
		c.cancel()
	}
	c.wait.Wait()
	if err := c.portAudio.close(); err != nil {
		c.log.Warn().Err(err).Msg("PortAudio is not given back")
	}
}
