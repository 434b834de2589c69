package server

import (
	"cmp"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// Socket says where programs connect and which may.
type Socket struct {
	Path  string
	Mode  fs.FileMode // of the socket; 0: 0660
	Group string      // name or number of the group that owns the socket; "": the daemon's
	Users []string    // users that may connect besides root, the daemon's user and Group

	// Bound is used instead of a new socket: Mode and the group of the file stay as they are. nil: bind one.
	Bound *Bound

	network string // as in package net; "": unixpacket
}

// listener is a bound socket and the lock that keeps other daemons off it.
type listener struct {
	*net.UnixListener
	path  string
	lock  *os.File // nil: somebody else guards and removes the socket
	peers atomic.Pointer[peers]
}

// listen adopts the socket that is bound, or binds one and creates its directory if missing. It takes
// over a socket that a dead daemon left behind; one that is in use is ErrBusy.
func listen(s Socket) (*listener, error) {
	if s.network == "" {
		s.network = "unixpacket"
	}
	if len(s.Path) >= len(unix.RawSockaddrUnix{}.Path) {
		return nil, audio.ErrInvalid.With("socket path %s is too long: %d bytes, at most %d; choose a shorter one",
			s.Path, len(s.Path), len(unix.RawSockaddrUnix{}.Path)-1)
	}
	if s.Bound != nil {
		return adopt(s)
	}
	peers, gid, err := s.peers()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o755); err != nil {
		return nil, audio.ErrAccess.With(
			"cannot make a directory for the socket: %v; choose another with --socket or $LOOPBRIDGE_SOCKET", err)
	}
	lock, err := lockSocket(s.Path)
	if err != nil {
		return nil, err
	}
	l, err := bind(s, gid)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return newListener(l, s.Path, lock, peers), nil
}

func newListener(l *net.UnixListener, path string, lock *os.File, who peers) *listener {
	bound := &listener{UnixListener: l, path: path, lock: lock}
	bound.peers.Store(&who)
	return bound
}

// lockSocket takes a file lock that ends with the daemon, however it ends.
func lockSocket(path string) (*os.File, error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, audio.ErrAccess.With(
			"cannot lock the socket: %v; choose another with --socket or $LOOPBRIDGE_SOCKET", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		return nil, audio.ErrBusy.With(
			"a daemon is running on %s already; stop it, or give this one another --socket", path)
	}
	return lock, nil
}

// whileBinding is what a name ends with until its socket may be used.
const whileBinding = ".new"

// bind creates the socket under another name, if the path has room for one, and renames it when its
// group and mode are set: a program that waits for the daemon connects as soon as it appears.
func bind(s Socket, gid int) (*net.UnixListener, error) {
	if info, err := os.Lstat(s.Path); err == nil {
		if info.Mode()&fs.ModeSocket == 0 {
			return nil, audio.ErrBusy.With(
				"%s exists and is not a socket; remove it, or choose another --socket", s.Path)
		}
		if listens(s.Path) {
			return nil, audio.ErrBusy.With("another program listens on %s; stop it, or choose another --socket", s.Path)
		}
		if err := os.Remove(s.Path); err != nil {
			return nil, audio.ErrAccess.With("cannot take over the old socket: %v", err)
		}
	}
	at := s.Path + whileBinding
	if len(at) >= len(unix.RawSockaddrUnix{}.Path) {
		at = s.Path
	} else if info, err := os.Lstat(at); err == nil && info.Mode()&fs.ModeSocket != 0 {
		_ = os.Remove(at) // of a daemon that was killed at this point
	}
	l, err := net.ListenUnix(s.network, &net.UnixAddr{Name: at, Net: s.network})
	if err != nil {
		return nil, audio.ErrAccess.With(
			"cannot listen on %s: %v; choose another with --socket or $LOOPBRIDGE_SOCKET", s.Path, err)
	}
	err = s.give(at, gid)
	if err == nil {
		err = os.Rename(at, s.Path)
	}
	if err != nil {
		l.Close()
		return nil, audio.ErrPermission.With("cannot give %s to its group: %v", s.Path, err)
	}
	l.SetUnlinkOnClose(false) // it would remove the old name
	return l, nil
}

// give sets group and mode of a socket; gid is −1 if the group is to stay.
func (s Socket) give(path string, gid int) error {
	if gid >= 0 {
		if err := os.Chown(path, -1, gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, cmp.Or(s.Mode, 0o660))
}

// permit changes who may connect from now on. After an error nothing is certain but that the peers are as before.
func (l *listener) permit(s Socket) error {
	peers, _, err := s.peers()
	if err != nil {
		return err
	}
	if l.lock == nil { // whoever made the socket says who reaches it
		l.peers.Store(&peers)
		return nil
	}
	gid := -1
	var now unix.Stat_t
	if err := unix.Lstat(l.path, &now); err != nil || now.Gid != peers.gid {
		gid = int(peers.gid)
	}
	if err := s.give(l.path, gid); err != nil {
		return audio.ErrPermission.With("cannot give %s to its group: %v", l.path, err)
	}
	l.peers.Store(&peers)
	return nil
}

// listens reports whether a socket of any type has a listener.
func listens(path string) bool {
	c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err == nil {
		c.Close()
	}
	return !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, fs.ErrNotExist)
}

// Close removes the socket, unless somebody else guards it. It leaves the lock file: removing it would
// race with another daemon's start.
func (l *listener) Close() error {
	if l.lock == nil {
		return l.UnixListener.Close()
	}
	_ = os.Remove(l.path)
	return errors.Join(l.UnixListener.Close(), l.lock.Close())
}

// Check returns what is wrong with the names of group and users on this machine, a line each, or nil. The error is
// audio.ErrInvalid.
func (s Socket) Check() error {
	_, _, err := s.peers()
	return err
}

// peers resolves names; gid is −1 if the group is to stay.
func (s Socket) peers() (p peers, gid int, err error) {
	gid = -1
	p.uids = map[uint32]bool{0: true, uint32(os.Geteuid()): true}
	p.gid = uint32(os.Getegid())
	p.here = ownNamespace()
	var unknown []string
	if s.Group != "" {
		g, err := user.LookupGroup(s.Group)
		if err != nil {
			g, err = user.LookupGroupId(s.Group)
		}
		if err != nil {
			unknown = append(unknown, "there is no group "+s.Group+" on this machine")
		} else {
			gid, _ = strconv.Atoi(g.Gid)
			p.gid = uint32(gid)
		}
	}
	for _, name := range s.Users {
		u, err := user.Lookup(name)
		if err != nil {
			u, err = user.LookupId(name)
		}
		if err != nil {
			unknown = append(unknown, "there is no user "+name+" on this machine")
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		p.uids[uint32(uid)] = true
	}
	if len(unknown) > 0 {
		return p, gid, audio.ErrInvalid.With("%s", strings.Join(unknown, "\n"))
	}
	return p, gid, nil
}
