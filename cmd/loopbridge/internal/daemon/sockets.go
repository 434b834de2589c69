package daemon

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/systemd"
	"github.com/loopbridge/loopbridge/server"
)

// socketSet is where programs and operators connect, on sockets of systemd if it has bound them.
type socketSet struct {
	bound map[string]*os.File
	log   zerolog.Logger
}

// programs returns the socket at path for programs.
func (s *socketSet) programs(path string, c config.Daemon) server.Socket {
	return s.take(systemd.Programs, "loopbridge.socket", path, c)
}

// operators returns that for operators, beside it.
func (s *socketSet) operators(path string, c config.Daemon) server.Socket {
	return s.take(systemd.Control, "loopbridge-control.socket", control.Socket(path), c)
}

func (s *socketSet) take(name, unit, path string, c config.Daemon) server.Socket {
	at := socketOf(path, &c)
	if f := s.bound[name]; f != nil {
		delete(s.bound, name)
		at.Bound = &server.Bound{File: f}
		s.compare(path, unit, c)
	}
	return at
}

// socketOf returns a socket for those who may connect.
func socketOf(path string, c *config.Daemon) server.Socket {
	return server.Socket{Path: path, Mode: c.Mode, Group: c.Group, Users: c.Users}
}

// compare warns if a socket of systemd lets in others than the configuration says.
func (s *socketSet) compare(path, unit string, c config.Daemon) {
	info, err := os.Stat(path)
	if err != nil {
		return // the server reports it
	}
	if mode := info.Mode().Perm(); c.Mode != config.DefaultMode && c.Mode != mode {
		s.log.Warn().Str("socket", path).Str("unit", unit).Msgf("the mode %04o of the configuration has no effect, as systemd has given the socket %04o: write SocketMode=%04o in the unit",
			c.Mode, mode, c.Mode)
		return
	}
	owner, isUnix := info.Sys().(*syscall.Stat_t)
	if c.Group == "" || !isUnix {
		return
	}
	group, err := user.LookupGroup(c.Group)
	if err != nil {
		group, err = user.LookupGroupId(c.Group)
	}
	if err == nil && group.Gid != strconv.Itoa(int(owner.Gid)) {
		s.log.Warn().Str("socket", path).Str("unit", unit).Msgf("the group %s of the configuration cannot connect, as systemd has given the socket to group %d: write SocketGroup=%s in the unit",
			c.Group, owner.Gid, c.Group)
	}
}

// close closes the sockets that were not taken.
func (s *socketSet) close() error {
	var errs []error
	for _, f := range s.bound {
		errs = append(errs, f.Close())
	}
	s.bound = nil
	return errors.Join(errs...)
}
