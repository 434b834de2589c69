package loop

import (
	"slices"

	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// newPair is the session of two programs. It allocates, and designs a filter where the rates
// differ. ErrInvalid: they are too far apart.
func newPair(l *Loop, w, r *End) (ln *line, err error) {
	from, to := w.format, r.format
	if w.role == pcm.Client {
		understand(&to, &from)
	} else {
		understand(&from, &to)
	}
	ln = &line{loop: l}
	if ln.path, err = newPath(from, to, l.spec.Convert, fadesInPath, append(w.settings(), r.settings()...)...); err != nil {
		return nil, err
	}
	ln.kind = &pair{ln, newSupply(ln, w, nowhere{}), newDelivery(ln, r, nowhere{})}
	return ln, nil
}

// newMember is the session of a client with a device, or with the others of its group. Errors
// as newPair.
func newMember(l *Loop, c *End, b *bus, g *group) (ln *line, err error) {
	at := b.Format()
	at.Positions = l.format().Positions
	f := c.format
	understand(&at, &f)
	ln = &line{loop: l, joins: g}
	if c.dir == pcm.Write {
		if ln.path, err = newPath(f, at, l.spec.Convert, fadesOnBus, c.settings()...); err == nil {
			ln.kind = &feed{ln, newSupply(ln, c, b), b}
		}
	} else if ln.path, err = newPath(at, f, l.spec.Convert, fadesInPath, c.settings()...); err == nil {
		ln.kind = &tap{ln, b, newDelivery(ln, c, b)}
	}
	return ln, err
}

// alone reports whether the line is that of a server without a client.
func (ln *line) alone() bool {
	switch ln.kind.(type) {
	case *lonePlayer, *loneRecorder:
		return true
	}
	return false
}

// ends are e and its peer as the writer and the reader of a session.
func (e *End) ends(peer *End) (w, r *End) {
	if e.dir == pcm.Read {
		return peer, e
	}
	return e, peer
}

// runMembers makes a session of every client that wants one, with the device of an attached
// loop or the server of a shared one. The caller holds l.mu.
func (l *Loop) runMembers() {
	for _, c := range slices.Clone(l.clients) {
		if c.state != ring.Armed || c.line != nil {
			continue
		}
		b, g := l.bus, (*group)(nil)
		if b == nil {
			if g = l.group(); g == nil {
				return
			}
			b = g.bus
		}
		ln, err := newMember(l, c, b, g)
		if err != nil {
			l.dismiss(c)
			continue
		}
		if g == nil {
			l.sessions.Add(1)
		}
		c.set(ring.Running, 0)
		l.link(ln)
	}
}

// group is that of the server of a shared loop, whose session begins with its first client;
// nil: there is none, and the server is not ready for one. The caller holds l.mu.
func (l *Loop) group() *group {
	s := l.server
	switch {
	case s == nil:
		return nil
	case s.line != nil:
		return s.line.group
	case s.state != ring.Armed:
		return nil
	}
	ln := newGroup(l, s)
	l.sessions.Add(1)
	s.set(ring.Running, 0)
	l.link(ln)
	return ln.group
}

// joined are the clients in the group of a server's line. The caller holds l.mu.
func (l *Loop) joined(ln *line) (all []*End) {
	for _, c := range l.clients {
		if c.line != nil && c.line.joins != nil && c.line.joins == ln.group {
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
	peer := ln.writer
	if e == ln.writer {
		peer = ln.reader
	}
	switch g := ln.joins; {
	case ln.group != nil:
		return l.joined(ln)
	case g != nil && (len(l.joined(g.server)) > 1 || l.spec.OnClientClose == Silence):
		return nil // a server goes on with the others
	case g != nil && g.server.writer != nil:
		peer = g.server.writer
	case g != nil:
		peer = g.server.reader
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
