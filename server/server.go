package server

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/loop"
)

// Server is the programs' socket and its connections.
type Server struct {
	bay      *loop.Patchbay
	log      zerolog.Logger
	listener *listener
	patience patience
	room     room
	quit     chan struct{} // closed by Close
	rest     rest

	mu       sync.Mutex
	conns    map[*conn]struct{}
	refusing int // conns that are refused
	down     bool
	wait     sync.WaitGroup
}

// Listen binds the socket for the loops of bay. ErrBusy: another daemon has it.
func Listen(s Socket, bay *loop.Patchbay, log zerolog.Logger) (*Server, error) {
	l, err := listen(s)
	if err != nil {
		return nil, err
	}
	return &Server{
		bay: bay, log: log, listener: l,
		patience: patience{first: 10 * time.Second, reply: 5 * time.Second},
		room:     newRoom(),
		quit:     make(chan struct{}),
		conns:    make(map[*conn]struct{}),
	}, nil
}

// Permit changes who may connect from now on; only mode, group and users of s count. Whoever is connected stays.
func (s *Server) Permit(at Socket) error { return s.listener.permit(at) }

// Connections returns the number of connections.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Close removes the socket, disconnects everyone, and returns when all their ends are closed.
// Another Close does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.down {
		s.mu.Unlock()
		return nil
	}
	s.down = true
	close(s.quit)
	for c := range s.conns {
		c.UnixConn.Close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	s.wait.Wait()
	return err
}
