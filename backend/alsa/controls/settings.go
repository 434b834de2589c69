package controls

import (
	"slices"

	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// applyLocked makes all steps, or undoes those made before one failed.
func (c *Card) applyLocked(steps []step) error {
	var done []step
	for _, s := range steps {
		before, err := c.controls.Read(s.id)
		if err == nil && !slices.Equal(before, s.values) {
			err = c.writeLocked(s)
			done = append(done, step{s.id, before})
		}
		if err != nil {
			for _, undo := range slices.Backward(done) {
				_ = c.writeLocked(undo) // the first error is the one to report
			}
			return err
		}
	}
	return nil
}

// writeLocked sets an element and stores what the driver made of it, so that the event for it
// counts as an echo. Other reads are not stored; they would hide changes by other programs.
func (c *Card) writeLocked(s step) error {
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

// Setting holds the values of an element.
type Setting struct {
	Element ID
	Values  []int64
}

// Save reads all elements of the card that can be set.
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

// Restore writes back the values of Save for the elements that this Card has written. It leaves
// alone those that only other programs have changed.
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
	return c.applyLocked(steps)
}
