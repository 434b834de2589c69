package alsa

import (
	"cmp"
	"errors"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
)

// MixerChange is what somebody else did to a card: another program, or a hand at a jack.
type MixerChange struct {
	// Element that has changed; zero with Err.
	Element ElementID
	// Direction and Ports of a jack, Plugged if there is something in it now; Ports is 0
	// for what is no jack. Ask Ports for all that is available.
	Direction audio.Direction
	Ports     audio.Ports
	Plugged   bool
	// Port, Gain and Monitor say what to read again.
	Port, Gain, Monitor bool
	// Err ends the changes: audio.ErrGone when the card was unplugged.
	Err error
}

// Changes gives what others change, what the Mixer did itself left out. It is closed by
// Close, and after a change with Err. What is not fetched waits, merged by the kernel.
func (m *Mixer) Changes() <-chan MixerChange { return m.changes }

// follow reads events until Close or until the card is gone.
func (m *Mixer) follow() {
	defer close(m.changes)
	for {
		event, err := m.controls.Next()
		if errors.Is(err, audio.ErrClosed) {
			return
		}
		if err != nil {
			m.tell(MixerChange{Err: err})
			return
		}
		for _, c := range m.look(event) {
			if !m.tell(c) {
				return
			}
		}
	}
}

func (m *Mixer) tell(c MixerChange) bool {
	select {
	case m.changes <- c:
		return true
	case <-m.stop:
		return false
	}
}

// look makes changes of an event: none if it is an echo of what the Mixer wrote.
func (m *Mixer) look(event ElementChange) []MixerChange {
	e := m.elements[event.ID]
	if e == nil || !event.Value {
		return nil
	}
	m.mu.Lock()
	before, had := m.values[e.ID]
	after, err := m.controls.Read(e.ID)
	if err == nil {
		m.values[e.ID] = after
	}
	m.mu.Unlock()
	if err != nil {
		return nil // Next will say it, if the card is gone
	}
	if isJack(e) {
		return m.jackChange(e, len(after) > 0 && after[0] != 0)
	}
	if had && slices.Equal(before, after) {
		return nil
	}
	c := MixerChange{Element: e.ID}
	for d := audio.Play; d <= audio.Record; d++ {
		s := &m.sides[d]
		port, gain := s.main == e, slices.Contains(s.gains, e)
		for _, p := range s.ports {
			for _, w := range p.ways {
				port = port || w.sw == e || w.source == e
			}
		}
		if port || gain {
			c.Direction |= d
		}
		c.Port, c.Gain = c.Port || port, c.Gain || gain
	}
	c.Monitor = slices.ContainsFunc(m.monitors, func(p monitorPath) bool { return p.sw == e || p.volume == e })
	return []MixerChange{c}
}

// jackChange is a change for each side that the jack belongs to; one that is no port of
// the card is none of its jacks.
func (m *Mixer) jackChange(e *Element, plugged bool) (changes []MixerChange) {
	plugged = plugged || isPhantom(e.ID)
	m.state.Lock()
	defer m.state.Unlock()
	if m.jackIn[e.ID] == plugged {
		return nil
	}
	m.jackIn[e.ID] = plugged
	for d := audio.Play; d <= audio.Record; d++ {
		c := MixerChange{Element: e.ID, Direction: d, Plugged: plugged}
		for _, p := range m.sides[d].ports {
			if slices.ContainsFunc(p.ways, func(w way) bool { return slices.Contains(w.jacks, e.ID) }) {
				c.Ports |= p.bit
			}
		}
		if c.Ports != 0 {
			changes = append(changes, c)
		}
	}
	return changes
}

func compareIDs(a, b ElementID) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), a.Index-b.Index, a.Device-b.Device, a.Subdevice-b.Subdevice)
}
