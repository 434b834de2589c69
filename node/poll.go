package node

import (
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Events of poll(2).
const (
	pollIn     = 0x1
	pollOut    = 0x4
	pollHup    = 0x10
	pollInNorm = 0x40
	pollOutNrm = 0x100
)

// poll returns what is ready, and otherwise has wake called when that changes. It never blocks.
func (s *stream) poll(events uint32, wake func()) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return pollHup
	}
	if wake != nil {
		s.armLocked()
	}
	ready := s.readyLocked()
	if wake != nil && ready&(events|pollHup) == 0 {
		s.wake = wake
	}
	return ready
}

// lookLocked wakes the poll that waits, if the end is ready.
func (s *stream) lookLocked() {
	if s.wake == nil || s.closed {
		return
	}
	s.armLocked()
	if s.readyLocked() != 0 {
		wake := s.wake
		s.wake = nil
		wake()
	}
}

// armLocked has the engine ring when the end will be ready, unless a transfer that waits has asked for its own frames: when
// that ends, the follower looks again.
func (s *stream) armLocked() {
	if len(s.queue) > 0 {
		return
	}
	r := s.end.Grant().Ring
	pos, _ := ring.Reader{Ring: r}.WakeFor(s.threshold())
	if s.pcm.Direction() == pcm.Write {
		pos, _ = ring.Writer{Ring: r}.WakeFor(s.threshold())
	}
	r.WakeAt(pos)
}

// readyLocked returns the events of poll(2). As a first read or write does, it starts the end, unless a transfer does that
// already.
func (s *stream) readyLocked() uint32 {
	in, out := uint32(pollIn|pollInNorm), uint32(pollOut|pollOutNrm)
	if len(s.queue) == 0 {
		e, err := s.pcm.Poll(s.threshold())
		switch {
		case err != nil || e&pcm.Hangup != 0 && e&pcm.Readable != 0:
			return in | pollHup
		case e&pcm.Hangup != 0:
			return out | pollHup
		case e&pcm.Readable != 0:
			return in
		case e&pcm.Writable != 0:
			return out
		}
		return 0
	}
	mine := in
	if s.pcm.Direction() == pcm.Write {
		mine = out
	}
	switch state := s.pcm.State(); {
	case state == ring.Ended:
		return mine | pollHup
	case s.pcm.Avail() < s.threshold(), mine == out && s.pcm.Role() == pcm.Server && state != ring.Running:
		return 0
	}
	return mine
}
