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
	ready := s.ready()
	if wake == nil || ready&(events|pollHup) != 0 {
		return ready
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wake = wake
	if !s.watching {
		s.watching = true
		go s.follow()
	} else {
		s.host.watch.Ring()
	}
	return ready
}

// follow waits until the end is ready, on behalf of a poll.
func (s *stream) follow() {
	for {
		s.arm()
		if s.ready() != 0 {
			break
		}
		select {
		case <-s.host.watch.Bell:
		case <-s.closed:
			return
		}
	}
	s.mu.Lock()
	wake := s.wake
	s.wake, s.watching = nil, false
	s.mu.Unlock()
	wake()
}

// arm has the engine ring when the end will be ready, unless a call that sleeps has asked for its own frames: when that
// ends, the watcher looks again.
func (s *stream) arm() {
	if !s.look() {
		return
	}
	defer s.unlook()
	r := s.end.Grant().Ring
	pos, _ := ring.Reader{Ring: r}.WakeFor(s.threshold())
	if s.pcm.Direction() == pcm.Write {
		pos, _ = ring.Writer{Ring: r}.WakeFor(s.threshold())
	}
	r.WakeAt(pos)
}

// look takes the turn if that is free.
func (s *stream) look() bool {
	select {
	case s.turn <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s *stream) unlook() { <-s.turn }

// ready returns the events of poll(2). As a first read or write does, it starts the end, unless a call does that already.
func (s *stream) ready() uint32 {
	in, out := uint32(pollIn|pollInNorm), uint32(pollOut|pollOutNrm)
	if s.look() {
		defer s.unlook()
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
