package node

import "github.com/loopbridge/loopbridge/loop/pcm"

// Held returns the end that a process holds: for what no call of OSS tells.
func (s *Set) Held(pid int) *pcm.PCM {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.nodes {
		if n.conn == nil {
			continue
		}
		for _, f := range n.conn.Files() {
			if f, ok := f.(*dspFile); ok && f.holder.PID == pid {
				return f.pcm
			}
		}
	}
	return nil
}
