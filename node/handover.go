package node

import (
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// kind is that of the hosts of this package in a handover. Nodes do not outlast their process: only ends whose programs
// have closed are handed over, for what they wrote to be delivered.
const kind = "node"

// HandOver implements loop.Heir.
func (h *host) HandOver(r *ring.Ring) loop.HostState {
	return loop.HostState{Kind: kind, Bell: -1, Memory: -1, Contents: r.Contents()}
}

// Resume implements loop.FindHost for the ends of nodes; nil: it is of somebody else.
func Resume(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
	if e.Host.Kind != kind {
		return nil, nil, nil
	}
	mem, err := e.Memory(bytes)
	if err != nil {
		return nil, nil, err
	}
	h := newHost()
	h.gone = func() {}
	return h, mem, nil
}

// Suspend removes all nodes: programs that have one open get ECONNRESET. Until resume is called there are none; the next
// Follow makes them again.
func (s *Set) Suspend() (resume func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = true
	s.dropAllLocked()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.away = false
	}
}
