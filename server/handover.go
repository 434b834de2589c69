package server

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/wire"
)

// State is what a Server knows beside its loops: plain values and descriptors, which keep their numbers.
type State struct {
	Socket SocketState
	Conns  []ConnState
}

// SocketState is a socket that is listened on.
type SocketState struct {
	Path string
	File int // descriptor
	Lock int // descriptor; −1: somebody else guards the socket
}

// ConnState is the connection of a program.
type ConnState struct {
	File    int // descriptor; −1: it has ended, and its end is still to be abandoned
	Holder  pcm.Holder
	Refused bool
	Opened  bool
	Greeted bool
	End     int // ID in loop.State; 0: none
	Lost    uint64
	Waiting []WaitingState
}

// WaitingState is a request that has no answer yet.
type WaitingState struct {
	Request wire.Request
	Left    time.Duration // of an open that does not wait for ever
	Drain   uint64        // position up to which a drain waits
}

// standing is how long a connection may take to stand still.
const standing = 300 * time.Millisecond

// Frozen is a Server that stands still: each connection between two requests, and without an answer under way.
type Frozen struct {
	server *Server
	conns  []*conn
	thaw   func()
}

// Freeze lets the server stand still. ErrBusy: a program keeps it busy, and everything goes on.
func (s *Server) Freeze() (*Frozen, error) {
	f := &Frozen{server: s}
	f.thaw = s.rest.freeze(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = s.listener.SetDeadline(longAgo())
		for c := range s.conns {
			_ = c.SetReadDeadline(longAgo())
		}
	})
	everybody := func() int { return s.Connections() + 1 } // and who accepts
	if err := s.rest.await(everybody, standing); err != nil {
		f.Thaw()
		return nil, err
	}
	s.mu.Lock()
	for c := range s.conns {
		f.conns = append(f.conns, c)
	}
	s.mu.Unlock()
	for i, c := range f.conns {
		if !lockWithin(&c.send, standing) {
			f.conns = f.conns[:i]
			f.Thaw()
			return nil, audio.ErrBusy.With("%s (pid %d) does not read its answers; try again", c.holder.Program, c.holder.PID)
		}
	}
	return f, nil
}

// lockWithin locks mu unless that takes too long: who holds it writes an answer, or has a request under way. Who comes meanwhile
// waits, so that none holds it one after the other.
func lockWithin(mu sync.Locker, limit time.Duration) bool {
	locked, late := make(chan struct{}), make(chan struct{})
	go func() {
		mu.Lock()
		select {
		case locked <- struct{}{}:
		case <-late:
			mu.Unlock()
		}
	}()
	select {
	case <-locked:
		return true
	case <-time.After(limit):
		close(late)
		return false
	}
}

// Thaw lets everything go on.
func (f *Frozen) Thaw() {
	for _, c := range f.conns {
		c.send.Unlock()
	}
	_ = f.server.listener.SetDeadline(time.Time{})
	f.thaw()
}

// State returns the state of the server, whose loops are frozen, too.
func (f *Frozen) State(loops *loop.Frozen) (State, error) {
	s := State{}
	var err error
	if s.Socket, err = f.server.listener.state(); err != nil {
		return s, err
	}
	for _, c := range f.conns {
		v := ConnState{Holder: c.holder, Refused: c.refuse != nil, Opened: c.opened, Greeted: c.greeted}
		if v.File, err = Descriptor(c.UnixConn); err != nil {
			v.File = -1 // an answer has failed, and closed it
		}
		if c.host != nil {
			v.End = loops.ID(c.host)
		}
		if end := c.end.Load(); end != nil && v.End == 0 {
			v.Lost = end.Lost()
		}
		for _, w := range c.waiting {
			one := WaitingState{Request: w.Request, Drain: w.drain}
			if !w.till.IsZero() {
				one.Left = max(1, time.Until(w.till))
			}
			v.Waiting = append(v.Waiting, one)
		}
		s.Conns = append(s.Conns, v)
	}
	return s, nil
}

func (l *listener) state() (v SocketState, err error) {
	v.Path, v.Lock = l.path, -1
	if l.lock != nil {
		v.Lock = int(l.lock.Fd())
	}
	v.File, err = Descriptor(l.UnixListener)
	return v, err
}

// Descriptor returns that of a socket.
func Descriptor(s interface {
	SyscallConn() (raw syscall.RawConn, err error)
}) (fd int, err error) {
	raw, err := s.SyscallConn()
	if err == nil {
		err = raw.Control(func(n uintptr) { fd = int(n) })
	}
	return fd, err
}

// Files returns the descriptors.
func (s *State) Files() []int {
	files := s.Socket.Files()
	for i := range s.Conns {
		if s.Conns[i].File >= 0 {
			files = append(files, s.Conns[i].File)
		}
	}
	return files
}

// Files returns the descriptors.
func (v *SocketState) Files() []int {
	if v.Lock < 0 {
		return []int{v.File}
	}
	return []int{v.File, v.Lock}
}

// Bound returns the socket for Socket.Bound. Its descriptors are others: those of the state stay open, for the case that
// the program before has to go on.
func (v *SocketState) Bound() (*Bound, error) {
	file, err := unix.FcntlInt(uintptr(v.File), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, audio.ErrInvalid.With("the socket %s was not handed over: %v", v.Path, err)
	}
	b := &Bound{File: os.NewFile(uintptr(file), v.Path)}
	if v.Lock < 0 {
		return b, nil
	}
	lock, err := unix.FcntlInt(uintptr(v.Lock), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		b.File.Close()
		return nil, audio.ErrInvalid.With("the lock of the socket %s was not handed over: %v", v.Path, err)
	}
	b.Lock = os.NewFile(uintptr(lock), v.Path+".lock")
	return b, nil
}

// Resumption makes the connections of a Server go on that another process had. One goroutine uses it.
type Resumption struct {
	state *State
	hosts map[int]*host // by the ID of the end
}

// Resume begins to resume connections, before Patchbay.Resume.
func Resume(s *State) *Resumption { return &Resumption{state: s, hosts: map[int]*host{}} }

// Host implements loop.FindHost for the ends of programs; nil: it is of somebody else.
func (r *Resumption) Host(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
	if e.Host.Kind != kindProgram {
		return nil, nil, nil
	}
	h, mem, err := resumeHost(e.Host, bytes)
	if err != nil {
		return nil, nil, err
	}
	r.hosts[e.ID] = h
	return h, mem, nil
}

// Run lets the connections go on, with the ends that Patchbay.Resume has returned, before Server.Serve.
func (r *Resumption) Run(s *Server, ends map[int]*loop.End) {
	for i := range r.state.Conns {
		v := &r.state.Conns[i]
		uc, err := v.connection()
		if err != nil {
			s.log.Warn().Err(err).Int("pid", v.Holder.PID).Msg("a connection was not handed over")
			continue
		}
		s.resume(uc, v, r.hosts[v.End], ends[v.End])
	}
}

// connection returns the connection, or one that ends at once: so its end is abandoned as if it had been read to its end.
func (v *ConnState) connection() (*net.UnixConn, error) {
	fd := v.File
	if fd < 0 {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		unix.Close(pair[1])
		fd = pair[0]
	}
	file := os.NewFile(uintptr(fd), "program")
	conn, err := net.FileConn(file)
	file.Close()
	if err != nil {
		return nil, err
	}
	uc, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, audio.ErrInvalid.With("descriptor %d is no connection of a program", v.File)
	}
	return uc, nil
}

// resume lets a connection go on.
func (s *Server) resume(uc *net.UnixConn, v *ConnState, h *host, end *loop.End) {
	c := &conn{server: s, UnixConn: uc, holder: v.Holder, opened: v.Opened, greeted: v.Greeted}
	if v.Refused {
		_, c.refuse = s.listener.peers.Load().identify(uc)
	}
	if c.over = v.Opened && end == nil; h != nil && end != nil {
		h.closed = false
		h.hangUp = c.hangUp
		c.host = h
		c.end.Store(end)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startLocked(c, func(ctx context.Context) error {
		for i := range v.Waiting {
			if err := c.resume(ctx, &v.Waiting[i], v.Lost); err != nil {
				return err
			}
		}
		return nil
	})
}

// resume lets a request go on.
func (c *conn) resume(ctx context.Context, v *WaitingState, lost uint64) error {
	r, h, end := &v.Request, v.Request.Header, c.end.Load()
	w := &waiting{Request: *r, drain: v.Drain}
	done := func(err error) error { return c.answer(h, err) }
	switch {
	case r.Op == wire.OpOpen && end == nil:
		c.over = false
		if v.Left > 0 {
			r.Open.Wait, w.till = int64(v.Left), time.Now().Add(v.Left)
		}
		return c.later(w, func() error { return c.open(ctx, &r.Open) }, c.granted(h))
	case r.Op == wire.OpOpen:
		return c.later(w, func() error { return nil }, c.granted(h))
	case r.Op == wire.OpFollow:
		return c.follow(ctx, r)
	case r.Op == wire.OpDrain && end != nil:
		drained := end.ResumeDrain(v.Drain)
		return c.later(w, func() error { return drained(ctx) }, done)
	case r.Op == wire.OpClose && end != nil:
		return c.later(w, func() error { return end.ResumeClose(ctx) }, done)
	}
	return done(loop.Undelivered(lost))
}
