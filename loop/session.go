package loop

import (
	"slices"

	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// session is a line, and the programs whose it is: one of them is nil where the other end is a
// device, a group, or nobody.
type session struct {
	*line.Line
	loop           *Loop
	writer, reader *End
	joins          *session // of the server whose group it is a member of

	unlinked bool // guarded by loop.mu
}

// newSession is that of one end, or of two.
func newSession(l *Loop, ends ...*End) *session {
	s := &session{loop: l}
	for _, e := range ends {
		if e.dir == pcm.Read {
			s.reader = e
		} else {
			s.writer = e
		}
	}
	return s
}

// pair is the session of two programs. ErrInvalid: their rates are too far apart.
func (l *Loop) pair(a, b *End) (s *session, err error) {
	s = newSession(l, a, b)
	s.Line, err = line.NewPair(s, &l.Loop, &s.writer.End, &s.reader.End, s.settings()...)
	return s, err
}

// lone is the session of a server without a client.
func (l *Loop) lone(server *End) *session {
	s := newSession(l, server)
	s.Line = line.NewLone(s, &l.Loop, &server.End, s.settings()...)
	return s
}

// grouped is the session of a server with a group, which has no members yet.
func (l *Loop) grouped(server *End) *session {
	s := newSession(l, server)
	s.Line = line.NewGroup(s, &l.Loop, l.engine.lines, &server.End, s.settings()...)
	return s
}

// member is the session of a client with the device, or with a server's group. Errors as pair.
func (l *Loop) member(client *End, server *session) (s *session, err error) {
	s = newSession(l, client)
	if s.joins = server; server != nil {
		s.Line, err = server.Join(s, &client.End, l.format().Positions, s.settings()...)
	} else {
		s.Line, err = line.NewMember(s, &l.Loop, &client.End, l.bus, l.format().Positions, s.settings()...)
	}
	return s, err
}

// runMembers makes a session of every client that wants one, with the device of an attached
// loop or the server of a shared one. The caller holds l.mu.
func (l *Loop) runMembers() {
	for _, c := range slices.Clone(l.clients) {
		if c.state != ring.Armed || c.session != nil {
			continue
		}
		var server *session
		if l.bus == nil {
			if server = l.group(); server == nil {
				return
			}
		}
		m, err := l.member(c, server)
		if err != nil {
			l.dismiss(c)
			continue
		}
		if server == nil {
			l.sessions.Add(1)
		}
		c.set(ring.Running, 0)
		l.link(m)
	}
}

// group is the session of the server of a shared loop, which begins with its first client; nil:
// there is none, and the server is not ready for one. The caller holds l.mu.
func (l *Loop) group() *session {
	s := l.server
	switch {
	case s == nil:
		return nil
	case s.session != nil:
		return s.session
	case s.state != ring.Armed:
		return nil
	}
	l.sessions.Add(1)
	s.set(ring.Running, 0)
	g := l.grouped(s)
	l.link(g)
	return g
}

// joined are the clients in the group of a server. The caller holds l.mu.
func (l *Loop) joined(server *session) (all []*End) {
	for _, c := range l.clients {
		if c.session != nil && c.session.joins == server {
			all = append(all, c)
		}
	}
	return all
}

// peers are those whose stream ends with that of e. The caller holds l.mu, and e has a
// line.
func (l *Loop) peers(e *End) []*End {
	s := e.session
	if s == nil {
		return nil
	}
	peer := s.writer
	if e == s.writer {
		peer = s.reader
	}
	switch server := s.joins; {
	case s.Grouped():
		return l.joined(s)
	case server != nil && (len(l.joined(server)) > 1 || l.spec.OnClientClose == Silence):
		return nil // a server goes on with the others
	case server != nil && server.writer != nil:
		peer = server.writer
	case server != nil:
		peer = server.reader
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
		l.unlink(e.session)
		switch {
		case !e.Gone:
			l.endOfStream(e)
		case e.role == pcm.Client:
			l.releaseClient(e)
		default:
			e.free()
		}
	}
}
