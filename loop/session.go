package loop

import (
	"slices"

	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// session is a line and its programs. One of them is nil if the other end is a device, a group or nothing.
type session struct {
	*line.Line
	loop           *Loop
	writer, reader *End
	joins          *session // session of the server whose group it is in; nil: none

	unlinked bool // guarded by loop.mu
}

// newSession returns the session of one or two ends, without a line.
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

// newPairLocked returns the session of two programs. ErrInvalid: their rates are too far apart.
func (l *Loop) newPairLocked(a, b *End) (s *session, err error) {
	s = newSession(l, a, b)
	s.Line, err = line.NewPair(s, &l.Loop, &s.writer.End, &s.reader.End, s.faderSettingsLocked()...)
	return s, err
}

// newLoneLocked returns the session of a server without a client.
func (l *Loop) newLoneLocked(server *End) *session {
	s := newSession(l, server)
	s.Line = line.NewLone(s, &l.Loop, &server.End, s.faderSettingsLocked()...)
	return s
}

// newGroupLocked returns the session of a server with an empty group.
func (l *Loop) newGroupLocked(server *End) *session {
	s := newSession(l, server)
	s.Line = line.NewGroup(s, &l.Loop, l.engine.lines, &server.End, s.faderSettingsLocked()...)
	return s
}

// newMemberLocked returns the session of a client with the device, or with a server's group. Errors
// as for newPairLocked.
func (l *Loop) newMemberLocked(client *End, server *session) (s *session, err error) {
	s = newSession(l, client)
	at := l.formatLocked().Positions
	if s.joins = server; server != nil {
		s.Line, err = server.Join(s, &client.End, at, s.faderSettingsLocked()...)
	} else {
		s.Line, err = line.NewMember(s, &l.Loop, &client.End, l.deviceBus, at, s.faderSettingsLocked()...)
	}
	return s, err
}

// startMembersLocked makes a session for every client that wants one, with the device of an
// attached loop or the server of a shared one.
func (l *Loop) startMembersLocked() {
	for _, c := range slices.Clone(l.clients) {
		if c.state != ring.Armed || c.session != nil {
			continue
		}
		var server *session
		if l.deviceBus == nil {
			if server = l.groupLocked(); server == nil {
				return
			}
		}
		m, err := l.newMemberLocked(c, server)
		if err != nil {
			l.dismissLocked(c)
			continue
		}
		if server == nil {
			l.sessions.Add(1)
		}
		c.setStateLocked(ring.Running, 0)
		l.linkLocked(m)
	}
}

// groupLocked returns the session of the server of a shared loop, and makes it with the first
// client; nil if no server is ready.
func (l *Loop) groupLocked() *session {
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
	s.setStateLocked(ring.Running, 0)
	g := l.newGroupLocked(s)
	l.linkLocked(g)
	return g
}

// membersLocked returns the clients in the group of a server.
func (l *Loop) membersLocked(server *session) (all []*End) {
	for _, c := range l.clients {
		if c.session != nil && c.session.joins == server {
			all = append(all, c)
		}
	}
	return all
}

// peersLocked returns the ends whose stream ends with that of e.
func (l *Loop) peersLocked(e *End) []*End {
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
		return l.membersLocked(s)
	case server != nil && (len(l.membersLocked(server)) > 1 || l.spec.OnClientClose == Silence):
		return nil // the server goes on with the other clients
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

// peersLeftLocked tells ends that their peer has left the session, and frees those whose programs
// have closed.
func (l *Loop) peersLeftLocked(ends []*End) {
	for _, e := range ends {
		l.unlinkLocked(e.session)
		switch {
		case !e.Gone:
			l.endOfStreamLocked(e)
		case e.role == pcm.Client:
			l.releaseClientLocked(e)
		default:
			e.freeLocked()
		}
	}
}
