package standby

import "github.com/loopbridge/loopbridge/backend"

// Pitch implements backend.Pitcher: that of the active device, or nil.
func (s *stream) Pitch() backend.Pitch {
	if p, ok := backend.As[backend.Pitcher](s.active.Load().Stream); ok {
		return p.Pitch()
	}
	return nil
}

// StandsIn implements backend.Switcher.
func (s *stream) StandsIn() bool { return s.active.Load().source > 0 }
