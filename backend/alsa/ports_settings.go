package alsa

import (
	"slices"

	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// apply sets all, or puts back what it has set until one failed.
func (m *Mixer) apply(steps []step) error {
	var done []step
	for _, s := range steps {
		before, err := m.controls.Read(s.id)
		if err == nil && !slices.Equal(before, s.values) {
			err = m.write(s)
			done = append(done, step{s.id, before})
		}
		if err != nil {
			for _, undo := range slices.Backward(done) {
				_ = m.write(undo) // the first error says it all
			}
			return err
		}
	}
	return nil
}

// write sets an element, and reads what the driver made of it: the event that comes back
// is then known for an echo. Other reads are not kept, or they would hide others' events.
func (m *Mixer) write(s step) error {
	if err := m.controls.Write(s.id, s.values); err != nil {
		return err
	}
	m.touched[s.id] = true
	v, err := m.controls.Read(s.id)
	if err == nil {
		m.values[s.id] = v
	}
	return err
}

// Setting is the values of an element.
type Setting struct {
	Element ElementID
	Values  []int64
}

// Save reads all that can be set of the card.
func (m *Mixer) Save() (settings []Setting, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, e := range m.elements {
		if id.Interface != abi.MixerElem || !e.Writable || !e.Readable {
			continue
		}
		v, err := m.controls.Read(id)
		if err != nil {
			return nil, err
		}
		settings = append(settings, Setting{id, slices.Clone(v)})
	}
	slices.SortFunc(settings, func(a, b Setting) int { return compareIDs(a.Element, b.Element) })
	return settings, nil
}

// Restore gives the elements that this Mixer has written the values of Save again, and
// leaves alone those that only others have changed since.
func (m *Mixer) Restore(settings []Setting) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var steps []step
	for _, s := range settings {
		if m.touched[s.Element] {
			steps = append(steps, step{s.Element, s.Values})
		}
	}
	m.monitor, m.muted = -1, false
	return m.apply(steps)
}
