package loop

import (
	"slices"

	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// runTaps makes a session of every client that wants one, with the device of an attached
// loop or the server of a shared one. The caller holds l.mu.
func (l *Loop) runTaps() {
	for _, c := range slices.Clone(l.clients) {
		if c.state != ring.Armed || c.line != nil {
			continue
		}
		var hub *line
		if l.bus == nil {
			if hub = l.hub(); hub == nil {
				return
			}
		}
		w, r := c.ends(nil)
		ln, err := newLine(l, w, r, hub)
		if err != nil {
			l.dismiss(c)
			continue
		}
		if hub == nil {
			l.sessions.Add(1)
		}
		c.set(ring.Running, 0)
		l.link(ln)
	}
}

// hub is the session of the server of a shared loop, which begins with its first client;
// nil: there is none, and the server is not ready for one. The caller holds l.mu.
func (l *Loop) hub() *line {
	s := l.server
	switch {
	case s == nil:
		return nil
	case s.line != nil:
		return s.line
	case s.state != ring.Armed:
		return nil
	}
	ln := newHub(l, s)
	l.sessions.Add(1)
	s.set(ring.Running, 0)
	l.link(ln)
	return ln
}

// joined are the clients with a tap of a hub. The caller holds l.mu.
func (l *Loop) joined(hub *line) (all []*End) {
	for _, c := range l.clients {
		if c.line != nil && c.line.of == hub {
			all = append(all, c)
		}
	}
	return all
}

// peers are those whose stream ends with that of e. The caller holds l.mu, and e has a
// line.
func (l *Loop) peers(e *End) []*End {
	ln := e.line
	if ln == nil {
		return nil
	}
	peer, of := ln.writer, ln.of
	if e == ln.writer {
		peer = ln.reader
	}
	switch {
	case ln.hub != nil:
		return l.joined(ln)
	case of != nil && (len(l.joined(of)) > 1 || l.spec.OnClientClose == Silence):
		return nil // a server goes on with the others
	case of != nil && of.writer != nil:
		peer = of.writer
	case of != nil:
		peer = of.reader
	}
	if peer == nil {
		return nil
	}
	return []*End{peer}
}

// lose tells ends that their peer has left the session, and lets go of those whose
// programs have gone. The caller holds l.mu.
func (l *Loop) lose(ends []*End) {
	for _, e := range ends {
		l.unlink(e.line)
		switch {
		case !e.gone:
			l.endOfStream(e)
		case e.role == pcm.Client:
			l.releaseClient(e)
		default:
			e.free()
		}
	}
}
