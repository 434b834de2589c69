package standby

import "github.com/loopbridge/loopbridge/backend"

var _ backend.Networked = (*stream)(nil)

// Network implements backend.Networked: what the active device has seen, and nothing if that is not one of a network.
func (s *stream) Network() backend.Network {
	if n, ok := backend.As[backend.Networked](s.active.Load().Stream); ok {
		return n.Network()
	}
	return backend.Network{}
}
