package main

import (
	"errors"
	"sync"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/loop"
)

// cardControls are the switches of the card that a device runs on, whichever that is now.
type cardControls struct {
	log    zerolog.Logger
	config CardConfig
	tell   func([]audio.Change) // what others have changed
	open   func(alsa.Address, alsa.CardControls) (*alsa.Mixer, error)

	mu       sync.Mutex
	mixer    *alsa.Mixer // nil: it runs on no card
	settings []alsa.Setting
	engine   *loop.Engine // nil: it is not there yet
	wait     sync.WaitGroup

	choosing sync.Mutex                      // over previous
	previous map[audio.Direction]audio.Ports // what was in use before, for auto_port
}

var (
	_ loop.Controls = (*cardControls)(nil)
	_ loop.Muter    = (*cardControls)(nil)
)

// attach takes the controls of a PCM, in place of those before; not ok: of none. An error
// says why they cannot be used, and leaves it without any.
func (c *cardControls) attach(at alsa.Address, ok bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release(false)
	if !ok {
		return nil
	}
	mixer, err := c.open(at, c.config.Controls)
	if err != nil {
		return err
	}
	if c.config.Restore {
		if c.settings, err = mixer.Save(); err != nil {
			c.log.Warn().Err(err).Msg("the card's settings will not be restored")
		}
	}
	c.mixer = mixer
	c.wait.Go(func() { c.follow(mixer) })
	return nil
}

// tryAttach is attach where a card does without what it cannot.
func (c *cardControls) tryAttach(at alsa.Address, ok bool) {
	if err := c.attach(at, ok); err != nil {
		c.log.Warn().Err(err).Msg("the card's own controls cannot be used")
	}
}

// release gives the controls back. The caller holds mu.
func (c *cardControls) release(restore bool) {
	if c.mixer == nil {
		return
	}
	if restore && c.settings != nil {
		if err := c.mixer.Restore(c.settings); err != nil {
			c.log.Warn().Err(err).Msg("the card's settings are not all restored")
		}
	}
	c.mixer.Close()
	c.mixer = nil
}

// close restores the card, if that is wanted.
func (c *cardControls) close() {
	c.mu.Lock()
	c.release(c.config.Restore)
	c.mu.Unlock()
	c.wait.Wait()
}

// now is the mixer of the card, nil without one.
func (c *cardControls) now() *alsa.Mixer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mixer
}

// Ports implements loop.Controls.
func (c *cardControls) Ports(d audio.Direction) (avail, mod audio.Ports, exclusive bool) {
	if m := c.now(); m != nil {
		return m.Ports(d)
	}
	return 0, 0, false
}

// Selected implements loop.Controls.
func (c *cardControls) Selected(d audio.Direction) (audio.Ports, error) {
	if m := c.now(); m != nil {
		return m.Selected(d)
	}
	return 0, audio.ErrGone.With("there is no card")
}

// Select implements loop.Controls. Without a card it waits for the next one.
func (c *cardControls) Select(d audio.Direction, p audio.Ports) error {
	if m := c.now(); m != nil {
		return m.Select(d, p)
	}
	return nil
}

// Gain implements loop.Controls.
func (c *cardControls) Gain(d audio.Direction) (gain int, ok bool) {
	m := c.now()
	if m == nil || c.config.Volume != inHardware {
		return 0, false
	}
	level, err := m.Level(d)
	return level.Gain, err == nil
}

// inaudibleStep is how far in dB a volume moves at once while it is heard, if its scale is as
// fine as that.
const inaudibleStep = 0.5

// Way implements loop.Controls. Without a card there is none to go.
func (c *cardControls) Way(d audio.Direction, gain int) ([]float64, error) {
	if m := c.now(); m != nil {
		return m.Way(d, gain, alsa.Above, inaudibleStep)
	}
	return nil, nil
}

// SetLevel implements loop.Controls. A card that was unplugged just now gets its gain when it
// is back.
func (c *cardControls) SetLevel(d audio.Direction, dB float64) error {
	m := c.now()
	if m == nil {
		return nil
	}
	_, err := m.SetLevel(d, dB, alsa.Above)
	return err
}

// Muted implements loop.Muter.
func (c *cardControls) Muted() (muted, ok bool) {
	m := c.now()
	if m == nil {
		return false, false
	}
	muted, err := m.Muted()
	return muted, err == nil
}

// Mute implements loop.Muter. A switch that is off is turned on in any case, or nothing would
// be heard.
func (c *cardControls) Mute(muted bool) (done bool, err error) {
	m := c.now()
	if m == nil || muted && c.config.Volume != inHardware {
		return false, nil
	}
	err = m.SetMuted(muted)
	if errors.Is(err, audio.ErrUnsupported) {
		return false, nil
	}
	return err == nil, err
}

// Monitor implements loop.Controls.
func (c *cardControls) Monitor(gain int) (done bool, err error) {
	m := c.now()
	if m == nil || c.config.Monitor != inHardware || !m.HasMonitor() {
		return false, nil
	}
	_, err = m.SetMonitor(gain)
	return err == nil, err
}

// Monitored implements loop.Controls.
func (c *cardControls) Monitored() (gain int, ok bool) {
	m := c.now()
	if m == nil || c.config.Monitor != inHardware {
		return 0, false
	}
	gain, err := m.MonitorGain()
	return gain, err == nil
}

// serve says whose controls these are.
func (c *cardControls) serve(e *loop.Engine) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.engine = e
}

// replugged looks at the ports again, and tells what has changed.
func (c *cardControls) replugged(again bool) {
	c.mu.Lock()
	e := c.engine
	c.mu.Unlock()
	if e == nil {
		return
	}
	if changes := e.Replugged(again); len(changes) > 0 {
		c.tell(changes)
	}
}

// follow hears of jacks, and of other mixers, until the mixer is closed or its card gone.
func (c *cardControls) follow(m *alsa.Mixer) {
	for change := range m.Changes() {
		if change.Err != nil {
			return // the stream finds out by itself
		}
		c.mu.Lock()
		e := c.engine
		c.mu.Unlock()
		if e == nil {
			continue
		}
		before := e.Info()
		c.replugged(false)
		if change.Ports != 0 && c.config.AutoPort {
			c.choose(e, change.Direction, before)
		}
	}
}

// begin uses what is plugged in already, with auto_port.
func (c *cardControls) begin() {
	m := c.now()
	if m == nil || !c.config.AutoPort {
		return
	}
	for _, d := range []audio.Direction{audio.Play, audio.Record} {
		before := c.engine.Info()
		before.Side(d).AvailPorts &^= m.Jacked(d)
		c.choose(c.engine, d, before)
	}
}

// choose uses what was plugged in, and goes back when it was pulled.
func (c *cardControls) choose(e *loop.Engine, d audio.Direction, before audio.Info) {
	c.choosing.Lock()
	defer c.choosing.Unlock()
	i := e.Info()
	was, now := before.Side(d), i.Side(d)
	port := alsa.AutoPort(d, was.Port, c.previous[d], was.AvailPorts, now.AvailPorts, now.ModPorts)
	if port == 0 || port == now.Port {
		return
	}
	c.previous[d] = was.Port
	var p audio.Patch
	if err := p.Set(audio.PlayPort.On(d), uint32(port)); err != nil {
		return
	}
	set, err := e.Set(p)
	if err != nil {
		c.log.Warn().Err(err).Msg("the port that was plugged in is not used")
		return
	}
	var changes []audio.Change
	for f := range set.Changed.All() {
		changes = append(changes, audio.Change{Field: f, Old: f.Get(&i), New: f.Get(&set.Info)})
	}
	if len(changes) > 0 {
		c.tell(changes)
	}
}
