package server

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/loop"
)

// Server is a socket and its connections.
type Server struct {
	bay      *loop.Patchbay
	log      zerolog.Logger
	refusals zerolog.Logger // the same, for what strangers could flood it with
	listener *listener
	patience patience
	room     room
	quit     chan struct{} // closed by Close

	mu       sync.Mutex
	conns    map[*conn]struct{}
	refusing int // of conns
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
		refusals: log.Sample(&zerolog.BurstSampler{Burst: 5, Period: 10 * time.Second}),
		patience: patience{first: 10 * time.Second, reply: 5 * time.Second},
		room:     newRoom(),
		quit:     make(chan struct{}),
		conns:    make(map[*conn]struct{}),
	}, nil
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
	close(s.quit)
	for c := range s.conns {
		c.UnixConn.Close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	s.wait.Wait()
	return err
}
