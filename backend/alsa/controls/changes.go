package controls

import (
	"cmp"
	"errors"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
)

// Change is a change that this Card did not make: by another program, or at a jack.
type Change struct {
	// Element has changed; it is zero if Err is set.
	Element ID
	// Direction and Ports belong to a jack; Plugged says whether something is in it now. Ports is
	// 0 if the element is no jack. Card.Ports returns all ports available.
	Direction audio.Direction
	Ports     audio.Ports
	Plugged   bool
	// Port, Gain and Monitor say which values to read again.
	Port, Gain, Monitor bool
	// Err ends the changes: audio.ErrGone if the card was unplugged.
	Err error
}

// Changes returns a channel of the changes that this Card did not make. It is closed by Close and
// after a change with Err. Changes not yet received are merged by the kernel.
func (c *Card) Changes() <-chan Change { return c.changes }

// follow reads events until Close or until the card is gone.
func (c *Card) follow() {
	defer close(c.changes)
	for {
		event, err := c.controls.Next()
		if errors.Is(err, audio.ErrClosed) {
			return
		}
		if err != nil {
			c.tell(Change{Err: err})
			return
		}
		for _, change := range c.look(event) {
			if !c.tell(change) {
				return
			}
		}
	}
}

func (c *Card) tell(change Change) bool {
	select {
	case c.changes <- change:
		return true
	case <-c.stop:
		return false
	}
}

// look returns the changes behind an event: none for an echo of the Card's own writes.
func (c *Card) look(event Event) []Change {
	e := c.elements[event.ID]
	if e == nil || !event.Value {
		return nil
	}
	c.mu.Lock()
	before, had := c.values[e.ID]
	after, err := c.controls.Read(e.ID)
	if err == nil {
		c.values[e.ID] = after
	}
	c.mu.Unlock()
	if err != nil {
		return nil // if the card is gone, Next says so
	}
	if isJack(e) {
		return c.jackChange(e, len(after) > 0 && after[0] != 0)
	}
	if had && slices.Equal(before, after) {
		return nil
	}
	change := Change{Element: e.ID}
	for d := audio.Play; d <= audio.Record; d++ {
		s := &c.sides[d]
		port, gain := s.main == e, slices.Contains(s.gains, e)
		for _, p := range s.ports {
			for _, w := range p.ways {
				port = port || w.sw == e || w.source == e
			}
		}
		if port || gain {
			change.Direction |= d
		}
		change.Port, change.Gain = change.Port || port, change.Gain || gain
	}
	change.Monitor = slices.ContainsFunc(c.monitors, func(p monitorPath) bool { return p.sw == e || p.volume == e })
	return []Change{change}
}

// jackChange returns one change for each direction that has the jack as a port.
func (c *Card) jackChange(e *Element, plugged bool) (changes []Change) {
	plugged = plugged || isPhantom(e.ID)
	c.state.Lock()
	defer c.state.Unlock()
	if c.jackIn[e.ID] == plugged {
		return nil
	}
	c.jackIn[e.ID] = plugged
	for d := audio.Play; d <= audio.Record; d++ {
		change := Change{Element: e.ID, Direction: d, Plugged: plugged}
		for _, p := range c.sides[d].ports {
			if slices.ContainsFunc(p.ways, func(w way) bool { return slices.Contains(w.jacks, e.ID) }) {
				change.Ports |= p.bit
			}
		}
		if change.Ports != 0 {
			changes = append(changes, change)
		}
	}
	return changes
}

func compareIDs(a, b ID) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), a.Index-b.Index, a.Device-b.Device, a.Subdevice-b.Subdevice)
}
