package controls

import "github.com/loopbridge/loopbridge/audio"

// SetMuted mutes or unmutes all that the card plays, the monitor included. It changes neither the
// gain nor Selected. It returns audio.ErrUnsupported if the card has no switch for it.
func (c *Card) SetMuted(muted bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.sides[audio.Play]
	if s.main != nil {
		err := c.applyLocked([]step{{s.main.ID, s.main.onValues(!muted)}})
		if err == nil {
			c.muted = muted
		}
		return err
	}
	if c.muted == muted {
		return nil
	}
	ports, err := c.selectedLocked(audio.Play)
	if err != nil {
		return err
	}
	if ports == 0 { // all were off when it was read
		ports = c.firstPort()
	}
	var steps []step
	for bit := range ports.All() {
		w := c.best(s.find(bit))
		if w.sw == nil {
			return audio.ErrUnsupported.With("the card has no switch that mutes %s", bit.Names(audio.Play))
		}
		steps = append(steps, step{w.sw.ID, w.sw.onValues(!muted)})
	}
	if err := c.applyLocked(steps); err != nil {
		return err
	}
	c.muted, c.kept = muted, ports
	return nil
}

// firstPort returns the first port that is plugged in, in the order of audio(7I).
func (c *Card) firstPort() audio.Ports {
	avail, mod, _ := c.Ports(audio.Play)
	avail &= mod
	return avail & -avail
}

// Muted reads whether a switch silences all that the card plays, whichever program set it; Select
// keeps it so from then on. If no switch is over all ports, the card is muted when all ports are
// off: a single port that is off is merely not in use. It returns audio.ErrUnsupported if the
// card has no switch for it.
func (c *Card) Muted() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.sides[audio.Play]
	if s.main != nil {
		on, err := c.switchedOn(s.main)
		if err == nil {
			c.muted = !on
		}
		return c.muted, err
	}
	for _, p := range s.ports {
		for _, w := range p.ways {
			if w.sw == nil {
				return false, audio.ErrUnsupported.With("the card has no switch that mutes %s", p.bit.Names(audio.Play))
			}
		}
	}
	on, err := c.switchedPortsLocked(audio.Play)
	if err != nil {
		return c.muted, err
	}
	if c.muted = on == 0; !c.muted {
		c.kept = on
	} else if c.kept == 0 {
		c.kept = c.firstPort()
	}
	return c.muted, nil
}
