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
		xrun := map[Side]event.Kind{PlaySide: event.Underrun, RecordSide: event.Overrun}[l.spec.Attached]
		l.tellDevice(xrun, l.raised(state.PlayError))
	}
	if found&line.FoundDeadDevice != 0 && l.engine.markFailed() {
		l.tellDevice(event.Gone)
	}
	if s.unlinked {
		return // control was faster
	}
	if found&line.FoundMark != 0 {
		s.writer.passMarks()
	}
	if found&line.FoundDrain != 0 {
		s.writer.answerDrains()
	}
	if found&^line.Passing != 0 {
		l.sessionEnded(s, found)
	}
}

// sessionEnded tells the ends of a line that it is over. The caller holds l.mu.
func (l *Loop) sessionEnded(s *session, found line.Finding) {
	e := s.writer // whose stream it was that has ended
	if e == nil || found&line.FoundBadReader != 0 {
		e = s.reader
	}
	ended := l.peers(e)
	l.unlink(s)
	switch {
	case found&line.FoundDeadDevice != 0:
		ended = failed(append(ended, e))
	case found&line.FoundTooLate != 0 && !e.serverGone:
		e.set(ring.Armed, 0) // for the server's next session
	case found&line.FoundTooLate != 0:
		ended = append(ended, e)
	default:
		if found&line.FoundEnd == 0 {
			e.breakOff()
		}
		if e.Gone {
			ended = append(ended, e)
		}
	}
	l.lose(ended)
	l.admit()
	l.run()
}

// failed tells ends that their device is of no more use, and returns those that have gone.
// The caller holds loop.mu.
func failed(ends []*End) (gone []*End) {
	for _, e := range ends {
		if e.Gone {
			gone = append(gone, e)
		} else {
			e.set(ring.Ended, audio.ErrIO.Errno())
		}
	}
	return gone
}

// breakOff hangs up on a program whose ring makes no sense. The caller holds loop.mu; the host
// answers with Abandon.
func (e *End) breakOff() {
	if e.Gone {
		return
	}
	e.set(ring.Ended, audio.ErrProtocol.Errno())
	e.host.Disconnect(audio.ErrProtocol.With("%s: %s (pid %d) wrote an impossible position into its buffer",
		e.loop.spec.Name, e.holder.Program, e.holder.PID))
}
