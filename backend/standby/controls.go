package standby

import "github.com/loopbridge/loopbridge/backend"

// Controls implements backend.Controller: those of the active device, or nil.
func (s *stream) Controls() backend.Controls {
	if c, ok := backend.As[backend.Controller](s.active.Load().Stream); ok {
		return c.Controls()
	}
	return nil
}

// ControlChanges implements backend.Controller: a device that takes over counts as a change.
func (s *stream) ControlChanges() <-chan backend.ControlChange { return s.feed.ControlChanges() }

// forwardChanges passes on changes of a device's controls while it is active, until it is closed.
func (s *stream) forwardChanges(p *device) {
	c, ok := backend.As[backend.Controller](p.Stream)
	if !ok {
		return
	}
	go func() { // not waited for: a device that hangs is never closed
		for change := range c.ControlChanges() {
			if s.active.Load() == p {
				s.feed.Tell(change)
			}
		}
	}()
}
