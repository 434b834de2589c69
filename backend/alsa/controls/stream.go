package controls

import (
	"errors"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// Options say what the controls of a card are used for.
type Options struct {
	Names   Names
	Volume  bool // the card does gains and mute as far as it can, else software
	Monitor bool // likewise the monitor gain
	Restore bool // Close restores the settings that the card had
	// Note receives failures of Restore, in the goroutine that opens or closes. It may be nil.
	Note func(error)
}

// Wrap returns s as a backend.Controller, which owns it. On error, s stays the caller's and the
// error says why its controls cannot be used. It blocks briefly.
func Wrap(s backend.Stream, at card.Address, o Options) (backend.Stream, error) {
	c, err := Open(at, o.Names)
	if err != nil {
		return nil, err
	}
	return WrapCard(s, c, o), nil
}

// WrapCard is Wrap with open controls. The returned stream owns them.
func WrapCard(s backend.Stream, c *Card, o Options) backend.Stream {
	var found []Setting
	if o.Restore {
		var err error
		if found, err = c.Save(); err != nil {
			o.note(audio.ErrIO.With("the settings of the card will not be restored: %v", err))
		}
	}
	return control(s, c, o, found)
}

// control returns s with controls, which Close restores to what was found.
func control(s backend.Stream, c *Card, o Options, found []Setting) *controlled {
	w := &controlled{Stream: s, ControlFeed: backend.NewControlFeed(), hardware: hardware{c, o}, found: found}
	w.following.Go(w.follow)
	return w
}

// controlled is the stream of a card with its controls.
type controlled struct {
	backend.Stream
	*backend.ControlFeed
	hardware  hardware
	found     []Setting // to be restored; nil: nothing
	following sync.WaitGroup
	closing   sync.Once
}

var (
	_ backend.Wrapper    = (*controlled)(nil)
	_ backend.Controller = (*controlled)(nil)
	_ backend.Muter      = hardware{}
)

// Unwrap implements backend.Wrapper.
func (c *controlled) Unwrap() backend.Stream { return c.Stream }

// Controls implements backend.Controller.
func (c *controlled) Controls() backend.Controls { return c.hardware }

// Close closes the PCM before the controls, so that restoring them is not heard.
func (c *controlled) Close() error {
	err := c.Stream.Close()
	c.closing.Do(func() {
		if c.found != nil {
			if err := c.hardware.card.Restore(c.found); err != nil && !errors.Is(err, audio.ErrGone) {
				c.hardware.use.note(audio.ErrIO.With("some settings of the card were not restored: %v", err))
			}
		}
		err = errors.Join(err, c.hardware.card.Close())
		c.following.Wait()
		c.ControlFeed.Close()
	})
	return err
}

// follow reports changes by jacks and other mixers until the card is closed or gone.
func (c *controlled) follow() {
	for change := range c.hardware.card.Changes() {
		if change.Err != nil {
			return // the stream reports it
		}
		var told backend.ControlChange
		if change.Ports != 0 {
			told.Jacks = change.Direction
		}
		c.Tell(told)
	}
}

func (o *Options) note(err error) {
	if o.Note != nil {
		o.Note(err)
	}
}

// hardware is a Card as backend.Controls.
type hardware struct {
	card *Card
	use  Options
}

func (h hardware) Ports(d audio.Direction) backend.ControlPorts {
	avail, mod, exclusive := h.card.Ports(d)
	return backend.ControlPorts{Avail: avail, Jacked: h.card.Jacked(d), Mod: mod, Exclusive: exclusive}
}

func (h hardware) Selected(d audio.Direction) (audio.Ports, error) { return h.card.Selected(d) }

func (h hardware) Select(d audio.Direction, p audio.Ports) error { return h.card.Select(d, p) }

func (h hardware) Gain(d audio.Direction) (gain int, ok bool) {
	if !h.use.Volume {
		return 0, false
	}
	level, err := h.card.Level(d)
	return level.Gain, err == nil
}

// inaudibleStep is the largest step in dB of an audible volume, if its scale is that fine.
const inaudibleStep = 0.5

func (h hardware) Way(d audio.Direction, gain int) ([]float64, error) {
	return h.card.Way(d, gain, Above, inaudibleStep)
}

func (h hardware) SetLevel(d audio.Direction, dB float64) error {
	_, err := h.card.SetLevel(d, dB, Above)
	return err
}

func (h hardware) Monitor(gain int) (done bool, err error) {
	if !h.use.Monitor || !h.card.HasMonitor() {
		return false, nil
	}
	_, err = h.card.SetMonitor(gain)
	return err == nil, err
}

func (h hardware) Monitored() (gain int, ok bool) {
	if !h.use.Monitor {
		return 0, false
	}
	gain, err := h.card.MonitorGain()
	return gain, err == nil
}

// Muted implements backend.Muter.
func (h hardware) Muted() (muted, ok bool) {
	muted, err := h.card.Muted()
	return muted, err == nil
}

// Mute implements backend.Muter. It unmutes even if volumes are software's: a switch that is off
// would silence all.
func (h hardware) Mute(muted bool) (done bool, err error) {
	if muted && !h.use.Volume {
		return false, nil
	}
	err = h.card.SetMuted(muted)
	if errors.Is(err, audio.ErrUnsupported) {
		return false, nil
	}
	return err == nil, err
}
