package alsa

import "github.com/loopbridge/loopbridge/audio"

// SetMuted silences all that the card plays, what comes over the monitor path too, without
// a change of the gain or of Selected. audio.ErrUnsupported: the card has no switch for it.
func (m *Mixer) SetMuted(muted bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.sides[audio.Play]
	if s.main != nil {
		err := m.apply([]step{{s.main.ID, s.main.onValues(!muted)}})
		if err == nil {
			m.muted = muted
		}
		return err
	}
	if m.muted == muted {
		return nil
	}
	ports, err := m.selectedLocked(audio.Play)
	if err != nil {
		return err
	}
	if ports == 0 { // it was found with all of them off
		ports = m.firstPort()
	}
	var steps []step
	for bit := range ports.All() {
		w := m.best(s.find(bit))
		if w.sw == nil {
			return audio.ErrUnsupported.With("the card has no switch that mutes %s", bit.Names(audio.Play))
		}
		steps = append(steps, step{w.sw.ID, w.sw.onValues(!muted)})
	}
	if err := m.apply(steps); err != nil {
		return err
	}
	m.muted, m.kept = muted, ports
	return nil
}

// firstPort is the first that is plugged in, in the order of audio(7I).
func (m *Mixer) firstPort() audio.Ports {
	avail, mod, _ := m.Ports(audio.Play)
	avail &= mod
	return avail & -avail
}

// Muted reads whether all that the card plays is silenced by a switch, whoever has switched
// it; from then on Select keeps it so. Without a switch over all ports it is muted when all
// of those of the ports are off: one port that is off is not in use, and no more.
// audio.ErrUnsupported: the card has no switch for it.
func (m *Mixer) Muted() (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.sides[audio.Play]
	if s.main != nil {
		on, err := m.switchedOn(s.main)
		if err == nil {
			m.muted = !on
		}
		return m.muted, err
	}
	for _, p := range s.ports {
		for _, w := range p.ways {
			if w.sw == nil {
				return false, audio.ErrUnsupported.With("the card has no switch that mutes %s", p.bit.Names(audio.Play))
			}
		}
	}
	on, err := m.switchedPorts(audio.Play)
	if err != nil {
		return m.muted, err
	}
	if m.muted = on == 0; !m.muted {
		m.kept = on
	} else if m.kept == 0 {
		m.kept = m.firstPort()
	}
	return m.muted, nil
}
