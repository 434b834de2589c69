package server

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// acceptPause keeps a failing accept from spinning.
const acceptPause = 100 * time.Millisecond

// unread bounds the replies that the kernel holds for a program, in bytes including overhead: a
// little more than MaxPending. Descriptors wait there too, and the kernel limits how many the
// daemon has in flight.
const unread = 16 << 10

// Serve accepts programs until Close, and then returns nil.
func (s *Server) Serve() error {
	for {
		c, err := s.listener.AcceptUnix()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded) && s.rest.stand():
		case err == nil:
			s.admit(c)
		default:
			s.log.Warn().Err(err).Msg("a program could not connect")
			select {
			case <-s.quit:
			case <-time.After(acceptPause):
			}
		}
	}
}

// admit starts a connection, even for a program that is refused, to tell it why.
func (s *Server) admit(uc *net.UnixConn) {
	_ = uc.SetWriteBuffer(unread / 2) // the kernel doubles it
	holder, err := s.listener.peers.Load().identify(uc)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && len(s.conns)-s.refusing >= s.room.programs {
		err = errFull(unix.EMFILE)
	}
	if err != nil {
		s.log.Warn().Err(err).Int("uid", holder.UID).Int("pid", holder.PID).Msg("a program was refused")
	}
	if s.down || err != nil && s.refusing >= s.room.refusals {
		uc.Close()
		return
	}
	s.startLocked(&conn{server: s, UnixConn: uc, holder: holder, refuse: err}, nil)
}

// startLocked starts a connection with what begin does, unless that is nil.
func (s *Server) startLocked(c *conn, begin func(context.Context) error) {
	s.conns[c] = struct{}{}
	if c.refuse != nil {
		s.refusing++
	}
	s.wait.Go(func() {
		c.serve(begin)
		defer s.rest.moved()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
		if c.refuse != nil {
			s.refusing--
		}
	})
}

// room is how many connections fit under RLIMIT_NOFILE. It is reserved from the start: at the
// limit there would be no descriptor left to refuse a program with.
type room struct {
	programs  int
	refusals  int // at the same time
	operators int // of each way they come
}

// filesOfProgram is what a connection needs: the socket, the bell, and, while an end is granted,
// its memory. Operators come over the unix socket and over TCP. filesOfOthers is for everything else that
// the daemon opens later.
const (
	waysOfOperators = 2
	filesOfProgram  = 3
	filesOfOthers   = 16
)

func newRoom() room {
	var limit unix.Rlimit
	open, err := os.ReadDir("/proc/self/fd")
	if err == nil {
		err = unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	}
	if err != nil {
		limit.Cur = math.MaxInt32
	}
	files := int(min(limit.Cur, math.MaxInt32))
	r := room{operators: min(128, max(8, files/16))}
	free := max(0, files-len(open)-filesOfOthers-waysOfOperators*r.operators)
	r.refusals = 1 + min(64, free/4)
	r.programs = max(0, free-r.refusals) / filesOfProgram
	return r
}

func errFull(err error) error {
	return audio.ErrNoMemory.With("the daemon has no descriptors for another program (%v): "+
		"raise its limit of open files (ulimit -n, LimitNOFILE=)", err)
}
