package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Found implements line.Owner.
func (s *session) Found(found line.Finding) {
	l := s.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if found&line.FoundUnderrun != 0 {
		l.emit(event.Event{Kind: event.Underrun, End: s.writer.role, Holder: s.writer.holder})
	}
	if found&line.FoundOverrun != 0 {
		l.emit(event.Event{Kind: event.Overrun, End: s.reader.role, Holder: s.reader.holder})
	}
	if found&line.FoundDeviceXrun != 0 {
		xrun := map[audio.Direction]event.Kind{audio.Play: event.Underrun, audio.Record: event.Overrun}[l.spec.Attached]
		l.tellDevice(xrun, l.flagRaised(state.PlayError))
	}
	if found&line.FoundDeadDevice != 0 && l.engine.markFailed() {
		l.tellDevice(event.Gone)
	}
	if s.unlinked {
		return // control ended it first
	}
	if found&line.FoundMark != 0 {
		s.writer.passMarksLocked()
	}
	if found&line.FoundDrain != 0 {
		s.writer.answerDrainsLocked()
	}
	if found&^line.Passing != 0 {
		l.sessionEndedLocked(s, found)
	}
}

// sessionEndedLocked tells the ends of a line that it is over.
func (l *Loop) sessionEndedLocked(s *session, found line.Finding) {
	e := s.writer // the end whose stream has ended
	if e == nil || found&line.FoundBadReader != 0 {
		e = s.reader
	}
	ended := l.peersLocked(e)
	l.unlinkLocked(s)
	switch {
	case found&line.FoundDeadDevice != 0:
		ended = endWithDeviceLocked(append(ended, e))
	case found&line.FoundTooLate != 0 && !e.serverGone:
		e.setStateLocked(ring.Armed, 0) // for the server's next session
	case found&line.FoundTooLate != 0:
		ended = append(ended, e)
	default:
		if found&line.FoundEnd == 0 {
			e.disconnectLocked()
		}
		if e.Gone {
			ended = append(ended, e)
		}
	}
	l.peersLeftLocked(ended)
	l.admitWaitersLocked()
	l.startSessionsLocked()
}

// endWithDeviceLocked tells ends that their device failed, and returns those whose program has closed.
func endWithDeviceLocked(ends []*End) (gone []*End) {
	for _, e := range ends {
		if e.Gone {
			gone = append(gone, e)
		} else {
			e.setStateLocked(ring.Ended, audio.ErrIO.Errno())
		}
	}
	return gone
}

// disconnectLocked hangs up on a program with an impossible position. The host answers with Abandon.
func (e *End) disconnectLocked() {
	if e.Gone {
		return
	}
	e.setStateLocked(ring.Ended, audio.ErrProtocol.Errno())
	e.host.Disconnect(audio.ErrProtocol.With("%s: %s (pid %d) wrote an impossible position into its buffer",
		e.loop.spec.Name, e.holder.Program, e.holder.PID))
}
