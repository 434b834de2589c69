package standby

import "github.com/loopbridge/loopbridge/backend"

// Controls implements backend.Controller for whoever performs; nil where that has none.
func (s *stream) Controls() backend.Controls {
	if c, ok := backend.As[backend.Controller](s.now.Load().Stream); ok {
		return c.Controls()
	}
	return nil
}

// ControlChanges implements backend.Controller: a performer that takes over is told of, too.
func (s *stream) ControlChanges() <-chan backend.ControlChange { return s.feed.ControlChanges() }

// follow passes on what changes at the hardware of a performer while it performs, until it is
// closed.
func (s *stream) follow(p *performer) {
	c, ok := backend.As[backend.Controller](p.Stream)
	if !ok {
		return
	}
	go func() { // nobody waits for it: who hangs is never closed
		for change := range c.ControlChanges() {
			if s.now.Load() == p {
				s.feed.Tell(change)
			}
		}
	}()
}
