package controls

import (
	"slices"

	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// apply sets all, or puts back what it has set until one failed.
func (c *Card) apply(steps []step) error {
	var done []step
	for _, s := range steps {
		before, err := c.controls.Read(s.id)
		if err == nil && !slices.Equal(before, s.values) {
			err = c.write(s)
			done = append(done, step{s.id, before})
		}
		if err != nil {
			for _, undo := range slices.Backward(done) {
				_ = c.write(undo) // the first error says it all
			}
			return err
		}
	}
	return nil
}

// write sets an element, and reads what the driver made of it: the event that comes back
// is then known for an echo. Other reads are not kept, or they would hide others' events.
func (c *Card) write(s step) error {
	if err := c.controls.Write(s.id, s.values); err != nil {
		return err
	}
	c.touched[s.id] = true
	v, err := c.controls.Read(s.id)
	if err == nil {
		c.values[s.id] = v
	}
	return err
}

// Setting is the values of an element.
type Setting struct {
	Element ID
	Values  []int64
}

// Save reads all that can be set of the card.
func (c *Card) Save() (settings []Setting, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, e := range c.elements {
		if id.Interface != abi.MixerElem || !e.Writable || !e.Readable {
			continue
		}
		v, err := c.controls.Read(id)
		if err != nil {
			return nil, err
		}
		settings = append(settings, Setting{id, slices.Clone(v)})
	}
	slices.SortFunc(settings, func(a, b Setting) int { return compareIDs(a.Element, b.Element) })
	return settings, nil
}

// Restore gives the elements that this Card has written the values of Save again, and
// leaves alone those that only others have changed since.
func (c *Card) Restore(settings []Setting) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var steps []step
	for _, s := range settings {
		if c.touched[s.Element] {
			steps = append(steps, step{s.Element, s.Values})
		}
	}
	c.monitor, c.muted = -1, false
	return c.apply(steps)
}
