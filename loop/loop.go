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
	line.Loop // what its lines have in common

	bay    *Patchbay
	engine *Engine
	spec   Spec

	mu      sync.Mutex
	removed bool
	strips  [pcm.Client + 1]*strip // what is set of each end, by its role
	server  *End
	clients []*End    // that hold the client end, also while they are gone and their last frames on their way
	bus     *line.Bus // of the device, for an attached loop; nil: the server is a program
	waiters []*waiter // clients, first come first served

	sessions atomic.Uint64
}

func newLoop(b *Patchbay, e *Engine, spec Spec, bus *line.Bus) *Loop {
	l := &Loop{bay: b, engine: e, spec: spec, bus: bus}
	l.Convert, l.Resets, l.GoesOn = spec.Convert, spec.OnClientClose == Reset, spec.OnClientClose == Silence
	l.strips[pcm.Server], l.strips[pcm.Client] = newStrip(&spec), newStrip(&spec)
	return l
}

// run makes a session when both ends want one. The caller holds l.mu.
func (l *Loop) run() {
	if l.bus != nil || l.spec.shared() {
		l.runMembers()
		return
	}
	s, c := l.server, l.client()
	if s == nil || c == nil || c.state != ring.Armed {
		return
	}
	alone := s.session != nil && s.session.Alone() // policy silence, between two clients
	if s.state != ring.Armed && !alone {
		return
	}
	both, err := l.pair(s, c)
	if err != nil {
		l.dismiss(c)
		return
	}
	if alone {
		l.unlink(s.session)
		s.flush() // never what it has written for nobody (D9); an armed one has begun anew
	}
	l.sessions.Add(1)
	s.set(ring.Running, 0)
	c.set(ring.Running, 0)
	l.link(both)
}

// dismiss ends a client whose rate is too far from what the server has set since it
// opened. The caller holds l.mu.
func (l *Loop) dismiss(c *End) {
	c.set(ring.Ended, syscall.EINVAL)
	if c.Gone {
		l.releaseClient(c)
	}
}

// client is the one of a loop that has one at a time. The caller holds l.mu.
func (l *Loop) client() *End {
	if len(l.clients) == 0 {
		return nil
	}
	return l.clients[0]
}

// link gives a session to the engine. The caller holds l.mu.
func (l *Loop) link(s *session) {
	for _, e := range []*End{s.writer, s.reader} {
		if e != nil {
			e.session = s
		}
	}
	l.engine.add(s.Line)
}

// unlink takes a session from the engine; when it returns, nothing touches the rings any more.
// What is not yet moved stays in the writer's ring. The caller holds l.mu. Unlinking twice is
// harmless.
func (l *Loop) unlink(s *session) {
	if s == nil || s.unlinked {
		return
	}
	s.unlinked = true
	if s.Grouped() {
		for _, c := range l.joined(s) {
			l.unlink(c.session)
		}
	}
	l.engine.remove(s.Line)
	for _, e := range []*End{s.writer, s.reader} {
		if e != nil && e.session == s {
			e.session = nil
		}
	}
}

// endOfStream tells e that its peer has gone for good. The caller holds l.mu, and
// no line uses e.
func (l *Loop) endOfStream(e *End) {
	if e == nil || e.Gone || e.state == ring.Idle {
		return
	}
	e.failDrains(nil)
	if e.role == pcm.Client {
		e.set(ring.Ended, syscall.ECONNRESET)
		return
	}
	switch l.spec.OnClientClose {
	case Hold:
		e.flush() // never old audio of an earlier session (D9)
		e.set(ring.Armed, 0)
	case Silence:
		if l.spec.shared() {
			return // its group goes on
		}
		l.link(l.lone(e))
	default:
		e.set(ring.Ended, syscall.ECONNRESET)
	}
}

// flush drops what the end's program has written. The caller holds loop.mu, and no
// line uses the ring.
func (e *End) flush() {
	if e.dir == pcm.Write {
		e.dropMarks()
		e.Source.Flush()
		e.Moved.Store(e.Source.Taken())
	}
}

// releaseClient takes the client out of the loop, and lets the next one in. The caller
// holds l.mu and no line uses the client.
func (l *Loop) releaseClient(c *End) {
	c.free()
	at := slices.Index(l.clients, c)
	if at < 0 {
		return
	}
	l.clients = slices.Delete(l.clients, at, at+1)
	l.deviceClients(-1)
	if len(l.clients) == 0 {
		l.strips[pcm.Client].closed(c.dir)
	}
	l.emit(event.Event{Kind: event.ClientGone, End: pcm.Client, Holder: c.holder})
	l.admit()
}
