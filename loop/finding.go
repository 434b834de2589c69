package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// finding is what the cycle found out about a line, for the reporter; 0 is nothing.
type finding uint32

const (
	foundEnd        finding = 1 << iota // closing, and all is delivered
	foundUnderrun                       // the writer's sticky flag went up
	foundOverrun                        // the reader's sticky flag went up
	foundDrain                          // a drain's position was reached
	foundMark                           // an eof mark was reached
	foundBadWriter                      // it lies about its position
	foundBadReader                      //
	foundDeadDevice                     // the clock is gone
	foundDeviceXrun                     // the device's sticky flag went up
	foundTooLate                        // a member of a group whose stream has ended
)

// passing are those that the session survives.
const passing = foundUnderrun | foundOverrun | foundDeviceXrun | foundDrain | foundMark

// found reports something, once until the reporter has seen it.
func (ln *line) found(what finding) {
	if what != 0 && ln.findings.Or(uint32(what)) == 0 {
		ln.loop.engine.report(ln)
	}
}

// finish does for a line what the cycle found, on the reporter's goroutine.
func (ln *line) finish(found finding) {
	l := ln.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if found&foundUnderrun != 0 {
		l.emit(event.Event{Kind: event.Underrun, End: ln.writer.role, Holder: ln.writer.holder})
	}
	if found&foundOverrun != 0 {
		l.emit(event.Event{Kind: event.Overrun, End: ln.reader.role, Holder: ln.reader.holder})
	}
	if found&foundDeviceXrun != 0 {
		xrun := map[Side]event.Kind{PlaySide: event.Underrun, RecordSide: event.Overrun}[l.spec.Attached]
		l.tellDevice(xrun, l.raised(audio.PlayError))
	}
	if found&foundDeadDevice != 0 && l.engine.markFailed() {
		l.tellDevice(event.Gone)
	}
	if ln.unlinked {
		return // control was faster
	}
	if found&foundMark != 0 {
		ln.writer.passMarks()
	}
	if found&foundDrain != 0 {
		ln.writer.answerDrains()
	}
	if found&^passing != 0 {
		l.sessionEnded(ln, found)
	}
}

// sessionEnded tells the ends of a line that it is over. The caller holds l.mu.
func (l *Loop) sessionEnded(ln *line, found finding) {
	e := ln.writer // whose stream it was that has ended
	if e == nil || found&foundBadReader != 0 {
		e = ln.reader
	}
	ended := l.peers(e)
	l.unlink(ln)
	switch {
	case found&foundDeadDevice != 0:
		ended = failed(append(ended, e))
	case found&foundTooLate != 0 && !e.serverGone:
		e.set(ring.Armed, 0) // for the server's next session
	case found&foundTooLate != 0:
		ended = append(ended, e)
	default:
		if found&foundEnd == 0 {
			e.breakOff()
		}
		if e.gone {
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
		if e.gone {
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
	if e.gone {
		return
	}
	e.set(ring.Ended, audio.ErrProtocol.Errno())
	e.host.Disconnect(audio.ErrProtocol.With("%s: %s (pid %d) wrote an impossible position into its buffer",
		e.loop.spec.Name, e.holder.Program, e.holder.PID))
}
