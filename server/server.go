package server

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/loop"
)

// Server is a socket and its connections.
type Server struct {
	bay      *loop.Patchbay
	log      zerolog.Logger
	listener *listener

	mu    sync.Mutex
	conns map[*conn]struct{}
	down  bool
	wait  sync.WaitGroup
}

// Listen binds the socket for the loops of bay. ErrBusy: another daemon has it.
func Listen(s Socket, bay *loop.Patchbay, log zerolog.Logger) (*Server, error) {
	l, err := listen(s)
	if err != nil {
		return nil, err
	}
	return &Server{bay: bay, log: log, listener: l, conns: make(map[*conn]struct{})}, nil
}

// acceptPause keeps an accept that fails (no descriptors left) from spinning.
const acceptPause = 100 * time.Millisecond

// Serve lets programs in until Close. It returns nil then.
func (s *Server) Serve() error {
	for {
		c, err := s.listener.AcceptUnix()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			s.log.Warn().Err(err).Msg("a program could not connect; is the limit of open files too low?")
			time.Sleep(acceptPause)
			continue
		}
		s.admit(c)
	}
}

func (s *Server) admit(uc *net.UnixConn) {
	holder, err := s.listener.peers.identify(uc)
	c := &conn{server: s, UnixConn: uc, holder: holder}
	if err != nil {
		s.log.Warn().Int("uid", holder.UID).Int("pid", holder.PID).Msg("refused: not a permitted user")
		c.refuse = err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		uc.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.wait.Go(func() {
		c.serve()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	})
}

// Connections is how many there are.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Close removes the socket, hangs up on everybody, and returns when all their ends
// are closed. A second Close is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.down {
		s.mu.Unlock()
		return nil
	}
	s.down = true
	for c := range s.conns {
		c.UnixConn.Close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	s.wait.Wait()
	return err
}
