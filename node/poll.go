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

// watcher is who polls, and is to be told.
type watcher struct {
	wake   func() // nil: nobody is
	events uint32 // that it waits for
	knows  bool   // that they are there: it is told when they have gone and are there again, for who polls edges
}

// poll returns what is ready, and has wake called once, when it is ready again. It never blocks.
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
	if wake != nil {
		s.watcher = watcher{wake, events | pollHup, ready&(events|pollHup) != 0}
	}
	return ready
}

// lookLocked wakes the poll that waits, if the end is ready now and was not before.
func (s *stream) lookLocked() {
	w := &s.watcher
	if w.wake == nil || s.closed {
		return
	}
	s.armLocked()
	switch there := s.readyLocked()&w.events != 0; {
	case !there:
		w.knows = false
	case !w.knows:
		wake := w.wake
		w.wake = nil
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
