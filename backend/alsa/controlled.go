package alsa

import (
	"errors"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// ControlOptions say what the controls of a card are used for.
type ControlOptions struct {
	Which   CardControls
	Volume  bool // gains and mute are the card's, as far as it can; else software's
	Monitor bool // and so is the monitor gain
	Restore bool // Close gives the card back the settings that it had
	// Note is told what goes wrong with Restore, from the goroutine that opens or closes.
	// nil: nobody is.
	Note func(error)
}

// WithControls returns the stream of a card as a backend.Controller, which owns s. An error
// says why the controls cannot be used; then s is still the caller's. It blocks shortly.
func WithControls(s backend.Stream, at Address, o ControlOptions) (backend.Stream, error) {
	m, err := OpenMixer(at, o.Which)
	if err != nil {
		return nil, err
	}
	return WithMixer(s, m, o), nil
}

// WithMixer is WithControls for a Mixer that is open, and belongs to the stream from now on.
func WithMixer(s backend.Stream, m *Mixer, o ControlOptions) backend.Stream {
	c := &controlled{Stream: s, ControlFeed: backend.NewControlFeed(), hardware: hardware{m, o}}
	if o.Restore {
		var err error
		if c.found, err = m.Save(); err != nil {
			c.note(audio.ErrIO.With("the settings of the card will not be restored: %v", err))
		}
	}
	c.following.Go(c.follow)
	return c
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

// Unwrap makes what else the stream can do reachable; see backend.As.
func (c *controlled) Unwrap() backend.Stream { return c.Stream }

// Controls implements backend.Controller.
func (c *controlled) Controls() backend.Controls { return c.hardware }

// Close closes the PCM, and then the controls: what is restored is not heard.
func (c *controlled) Close() error {
	err := c.Stream.Close()
	c.closing.Do(func() {
		if c.found != nil {
			if err := c.hardware.mixer.Restore(c.found); err != nil && !errors.Is(err, audio.ErrGone) {
				c.note(audio.ErrIO.With("the settings of the card are not all restored: %v", err))
			}
		}
		err = errors.Join(err, c.hardware.mixer.Close())
		c.following.Wait()
		c.ControlFeed.Close()
	})
	return err
}

// follow hears of jacks, and of other mixers, until the mixer is closed or its card gone.
func (c *controlled) follow() {
	for change := range c.hardware.mixer.Changes() {
		if change.Err != nil {
			return // the stream finds out by itself
		}
		var told backend.ControlChange
		if change.Ports != 0 {
			told.Jacks = change.Direction
		}
		c.Tell(told)
	}
}

func (c *controlled) note(err error) {
	if c.hardware.use.Note != nil {
		c.hardware.use.Note(err)
	}
}

// hardware is a Mixer as backend.Controls.
type hardware struct {
	mixer *Mixer
	use   ControlOptions
}

func (h hardware) Ports(d audio.Direction) backend.ControlPorts {
	avail, mod, exclusive := h.mixer.Ports(d)
	return backend.ControlPorts{Avail: avail, Jacked: h.mixer.Jacked(d), Mod: mod, Exclusive: exclusive}
}

func (h hardware) Selected(d audio.Direction) (audio.Ports, error) { return h.mixer.Selected(d) }

func (h hardware) Select(d audio.Direction, p audio.Ports) error { return h.mixer.Select(d, p) }

func (h hardware) Gain(d audio.Direction) (gain int, ok bool) {
	if !h.use.Volume {
		return 0, false
	}
	level, err := h.mixer.Level(d)
	return level.Gain, err == nil
}

// inaudibleStep is how far in dB a volume moves at once while it is heard, if its scale is as
// fine as that.
const inaudibleStep = 0.5

func (h hardware) Way(d audio.Direction, gain int) ([]float64, error) {
	return h.mixer.Way(d, gain, Above, inaudibleStep)
}

func (h hardware) SetLevel(d audio.Direction, dB float64) error {
	_, err := h.mixer.SetLevel(d, dB, Above)
	return err
}

func (h hardware) Monitor(gain int) (done bool, err error) {
	if !h.use.Monitor || !h.mixer.HasMonitor() {
		return false, nil
	}
	_, err = h.mixer.SetMonitor(gain)
	return err == nil, err
}

func (h hardware) Monitored() (gain int, ok bool) {
	if !h.use.Monitor {
		return 0, false
	}
	gain, err := h.mixer.MonitorGain()
	return gain, err == nil
}

// Muted implements backend.Muter.
func (h hardware) Muted() (muted, ok bool) {
	muted, err := h.mixer.Muted()
	return muted, err == nil
}

// Mute implements backend.Muter. A switch that is off is turned on in any case, or nothing
// would be heard.
func (h hardware) Mute(muted bool) (done bool, err error) {
	if muted && !h.use.Volume {
		return false, nil
	}
	err = h.mixer.SetMuted(muted)
	if errors.Is(err, audio.ErrUnsupported) {
		return false, nil
	}
	return err == nil, err
}
