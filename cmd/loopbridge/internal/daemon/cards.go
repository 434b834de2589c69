package daemon

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/backend/standby"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/sched"
)

// cards opens sound cards, PortAudio devices and streams on the network, which come and go.
type cards struct {
	log     zerolog.Logger
	threads *sched.Threads
	finder  card.Finder
	opener  func(d config.Device, name string, wish backend.Config) (backend.Stream, error) // openSource, except in tests
	cancel  context.CancelFunc
	wait    sync.WaitGroup
	late    context.Context // of awaitLate; nil: no card is waited for

	mu      sync.Mutex
	plugged []chan struct{} // one for each subscriber
	blind   bool            // nobody watches yet

	portAudio portAudio
	network   *network
}

// lookAgain is the first interval at which a card that does not open is tried again.
const lookAgain = 2 * time.Second

// lookForSender is the pause between two tries to hear the sender of a stream. A try listens until the stream's timeout.
const lookForSender = time.Second

// open opens a card for a device with what replaces it while it is missing: its fallbacks, and at
// last a timer with silence.
func (c *cards) open(d config.Device) (backend.Stream, error) {
	var serving atomic.Bool // after the first open, even a required card may fail
	plugged := c.subscribe()
	o := c.sources(d, plugged, &serving)
	s, err := c.openLate(d, plugged, func() (backend.Stream, error) { return standby.Open(d.Config, o) })
	serving.Store(true)
	return c.told(s, plugged, err)
}

// resume is open for a device that was handed over.
func (c *cards) resume(d config.Device, h backend.Handed) (backend.Stream, error) {
	var serving atomic.Bool
	serving.Store(true)
	plugged := c.subscribe()
	s, err := standby.Resume(h, c.sources(d, plugged, &serving))
	return c.told(s, plugged, err)
}

// told returns a stream that is told of cards until it is closed, unless there is an error.
func (c *cards) told(s backend.Stream, plugged <-chan struct{}, err error) (backend.Stream, error) {
	if err != nil {
		c.unsubscribe(plugged)
		return nil, err
	}
	return subscriber{s, c, plugged}, nil
}

// sources returns what a device can run on.
func (c *cards) sources(d config.Device, plugged <-chan struct{}, serving *atomic.Bool) standby.Options {
	o := standby.Options{Look: lookAgain, Plugged: plugged, Required: d.Card.Required}
	if d.Backend == config.RTP {
		o.Look, o.Longest, o.Later = lookForSender, lookForSender, true
	}
	for _, name := range sourceNames(d) {
		source := standby.Source{Name: name, Open: func(wish backend.Config) (backend.Stream, error) {
			d := d
			d.Card.Required = d.Card.Required && !serving.Load()
			return c.opener(d, name, wish)
		}}
		switch d.Backend {
		case config.ALSA:
			source.Resume = func(h backend.Handed) (backend.Stream, error) {
				return controls.Resume(h, c.controlsOf(d), alsa.Resume)
			}
		case config.RTP:
			source.Resume = func(h backend.Handed) (backend.Stream, error) { return c.network.resume(d, h) }
		}
		o.Sources = append(o.Sources, source)
	}
	o.Sources = append(o.Sources, standby.Source{
		Name:   config.NullDevice,
		Open:   func(wish backend.Config) (backend.Stream, error) { return null.Open(wish, null.Options{}) },
		Resume: func(h backend.Handed) (backend.Stream, error) { return null.Resume(h, null.Options{}) },
	})
	return o
}

// sourceNames returns what a device can run on, the best first.
func sourceNames(d config.Device) []string {
	switch {
	case d.Backend != config.RTP:
		return append([]string{d.Card.Name}, d.Card.Fallback...)
	case d.Receive != nil && len(d.Receive.Stream.Paths) > 0:
		return []string{d.Receive.Stream.Paths[0].To.String()}
	case d.Send != nil && len(d.Send.Stream.Paths) > 0:
		return []string{d.Send.Stream.Paths[0].To.String()}
	}
	return []string{config.RTP.String()}
}

// controlsOf returns how the controls of a device's card are used.
func (c *cards) controlsOf(d config.Device) controls.Options {
	log := c.log.With().Str("device", d.Name).Logger()
	o := d.Card.Controls
	o.Note = func(err error) { log.Warn().Err(err).Msg("sound card") }
	return o
}

// subscriber is a stream that is told of cards until it is closed.
type subscriber struct {
	backend.Stream
	cards   *cards
	plugged <-chan struct{}
}

// Unwrap implements backend.Wrapper.
func (s subscriber) Unwrap() backend.Stream { return s.Stream }

// HandOver implements backend.Heir.
func (s subscriber) HandOver() (backend.Handed, error) { return backend.HandOver(s.Stream) }

// Close implements backend.Stream.
func (s subscriber) Close() error {
	s.cards.unsubscribe(s.plugged)
	return s.Stream.Close()
}

// openSource opens the card or PortAudio device that name means now.
func (c *cards) openSource(d config.Device, name string, wish backend.Config) (backend.Stream, error) {
	switch d.Backend {
	case config.PortAudio:
		return c.openPortAudio(d.Name, name, wish)
	case config.RTP:
		return c.network.stream(d, wish)
	}
	return c.openCard(d, name, wish)
}

// openCard opens the card that name means now, with its controls. Unusable controls are an error
// only for a required card.
func (c *cards) openCard(d config.Device, name string, wish backend.Config) (backend.Stream, error) {
	var sides audio.Direction
	if wish.Play {
		sides |= audio.Play
	}
	if wish.Record {
		sides |= audio.Record
	}
	found, pcm, err := c.finder.Resolve(name, sides)
	if err != nil {
		return nil, err
	}
	at := card.Address{Card: found.Number, Device: pcm.Device}
	s, err := alsa.Open(wish, at)
	if err != nil {
		return nil, err
	}
	controlled, err := controls.Wrap(s, at, c.controlsOf(d))
	if err == nil {
		return controlled, nil
	}
	if d.Card.Required {
		return nil, errors.Join(err, s.Close())
	}
	c.log.Warn().Err(err).Str("device", d.Name).Msg("the card's own controls cannot be used")
	return s, nil
}

// subscribe returns a channel that receives a value whenever a card was plugged in.
func (c *cards) subscribe() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	plugged := make(chan struct{}, 1)
	c.plugged = append(c.plugged, plugged)
	c.watchLocked()
	return plugged
}

// watchLocked begins to watch if somebody subscribes.
func (c *cards) watchLocked() {
	if c.cancel != nil || c.blind || len(c.plugged) == 0 {
		return
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(context.Background())
	c.wait.Go(func() { c.watch(ctx) })
}

// lookAway puts off the watch until the returned function is called: it begins with a look at all cards, which takes long.
func (c *cards) lookAway() (look func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blind = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.blind = false
		c.watchLocked()
	}
}

// unsubscribe forgets a channel of subscribe.
func (c *cards) unsubscribe(plugged <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plugged = slices.DeleteFunc(c.plugged, func(other chan struct{}) bool { return other == plugged })
}

// watch tells subscribers that a card was plugged in. They notice themselves when their card goes.
func (c *cards) watch(ctx context.Context) {
	events, err := card.Watch(ctx)
	if err != nil {
		c.log.Warn().Err(err).Msg("cards that are plugged in are found only by polling")
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

// close ends the watch. Devices must be closed before.
func (c *cards) close() {
	if c.cancel != nil {
		c.cancel()
	}
	c.wait.Wait()
	if err := c.portAudio.close(); err != nil {
		c.log.Warn().Err(err).Msg("PortAudio was not closed")
	}
}
