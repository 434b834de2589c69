package loop

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Loop is a pair of ends. Programs reach it through a Patchbay.
type Loop struct {
	line.Loop // shared by its lines

	bay    *Patchbay
	engine *Engine
	spec   Spec

	mu        sync.Mutex
	removed   bool
	settings  [pcm.Client + 1]*endSettings // of each end, by its role
	totals    [pcm.Client + 1]Totals       // as settings; totalsLocked brings them up to date
	server    *End
	clients   []*End         // at the client end, including closed ones with frames to deliver
	deviceBus *line.Bus      // of the device of an attached loop; nil: the server is a program
	waiters   []*waiter      // clients, first come first served
	outlets   []*line.Outlet // where it is tapped

	tapped *Loop        // whose outlet a tap reads; nil: this is no tap of a loop
	outlet *line.Outlet // that it reads

	sessions atomic.Uint64
}

func newLoop(b *Patchbay, e *Engine, spec Spec, bus *line.Bus) *Loop {
	l := &Loop{bay: b, engine: e, spec: spec, deviceBus: bus}
	l.adopt(&l.spec)
	l.settings[pcm.Server], l.settings[pcm.Client] = newEndSettings(&spec), newEndSettings(&spec)
	return l
}

// startSessionsLocked makes a session if both ends want one.
func (l *Loop) startSessionsLocked() {
	if l.deviceBus != nil || l.spec.shared() {
		l.startMembersLocked()
		return
	}
	s, c := l.server, l.clientLocked()
	if s == nil || c == nil || c.state != ring.Armed {
		return
	}
	alone := s.session != nil && s.session.Alone() // on_client_close = "silence", between two clients
	if s.state != ring.Armed && !alone {
		return
	}
	both, err := l.newPairLocked(s, c)
	if err != nil {
		l.dismissLocked(c)
		return
	}
	if alone {
		l.unlinkLocked(s.session)
		s.flushLocked() // not what the server wrote without a client
	}
	l.sessions.Add(1)
	s.setStateLocked(ring.Running, 0)
	c.setStateLocked(ring.Running, 0)
	l.linkLocked(both)
}

// dismissLocked ends a client whose rate is too far from the one the server set since the client opened.
func (l *Loop) dismissLocked(c *End) {
	c.setStateLocked(ring.Ended, syscall.EINVAL)
	if c.Gone {
		l.releaseClientLocked(c)
	}
}

// clientLocked returns the client of a loop that has one at a time, or nil.
func (l *Loop) clientLocked() *End {
	if len(l.clients) == 0 {
		return nil
	}
	return l.clients[0]
}

// linkLocked gives a session to the engine.
func (l *Loop) linkLocked(s *session) {
	for _, e := range []*End{s.writer, s.reader} {
		if e != nil {
			e.session = s
		}
	}
	for _, o := range l.outlets {
		if begin := l.leadLocked(s, o); begin != nil {
			begin()
		}
	}
	l.engine.Add(s.Line)
}

// unlinkLocked takes a session from the engine, which touches the rings no more once it returns.
// What is not yet moved stays in the writer's ring. A second call does nothing.
func (l *Loop) unlinkLocked(s *session) {
	if s == nil || s.unlinked {
		return
	}
	s.unlinked = true
	if s.Grouped() {
		for _, c := range l.membersLocked(s) {
			l.unlinkLocked(c.session)
		}
	}
	l.engine.Remove(s.Line)
	for _, e := range []*End{s.writer, s.reader} {
		if e != nil && e.session == s {
			e.session = nil
		}
	}
}

// endOfStreamLocked tells e that its peer has gone for good. No line may use e.
func (l *Loop) endOfStreamLocked(e *End) {
	if e == nil || e.Gone || e.state == ring.Idle {
		return
	}
	e.failDrainsLocked(nil)
	if e.role == pcm.Client {
		e.setStateLocked(ring.Ended, syscall.ECONNRESET)
		return
	}
	switch l.spec.OnClientClose {
	case Hold:
		e.flushLocked() // the next session starts without old audio
		e.setStateLocked(ring.Armed, 0)
	case Silence:
		if l.spec.shared() {
			return // its group goes on
		}
		l.linkLocked(l.newLoneLocked(e))
	default:
		e.setStateLocked(ring.Ended, syscall.ECONNRESET)
	}
}

// flushLocked drops what the program wrote. No line may use the ring.
func (e *End) flushLocked() {
	if e.dir == pcm.Write {
		e.dropMarksLocked()
		e.Source.Flush()
		e.Moved.Store(e.Source.Taken())
	}
}

// releaseClientLocked takes a client out of the loop, and admits the next one. No line may use the client.
func (l *Loop) releaseClientLocked(c *End) {
	c.freeLocked()
	at := slices.Index(l.clients, c)
	if at < 0 {
		return
	}
	l.clients = slices.Delete(l.clients, at, at+1)
	l.addDeviceClientsLocked(-1)
	if len(l.clients) == 0 {
		l.settings[pcm.Client].closedLocked(c.dir)
	}
	l.emit(event.Event{Kind: event.ClientGone, End: pcm.Client, Holder: c.holder})
	l.admitWaitersLocked()
}
