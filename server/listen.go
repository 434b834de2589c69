package server

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

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
	peers peers
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
	return &listener{UnixListener: l, path: s.Path, lock: lock, peers: peers}, nil
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
	mode := s.Mode
	if mode == 0 {
		mode = 0o660
	}
	if gid >= 0 {
		err = os.Chown(at, -1, gid)
	}
	if err == nil {
		err = os.Chmod(at, mode)
	}
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

// peers resolves names; gid is −1 if the group is to stay.
func (s Socket) peers() (p peers, gid int, err error) {
	gid = -1
	p.uids = map[uint32]bool{0: true, uint32(os.Geteuid()): true}
	p.gid = uint32(os.Getegid())
	p.here = ownNamespace()
	if s.Group != "" {
		g, err := user.LookupGroup(s.Group)
		if err != nil {
			g, err = user.LookupGroupId(s.Group)
		}
		if err != nil {
			return p, gid, audio.ErrInvalid.With("there is no group %s on this machine", s.Group)
		}
		gid, _ = strconv.Atoi(g.Gid)
		p.gid = uint32(gid)
	}
	for _, name := range s.Users {
		u, err := user.Lookup(name)
		if err != nil {
			u, err = user.LookupId(name)
		}
		if err != nil {
			return p, gid, audio.ErrInvalid.With("there is no user %s on this machine", name)
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		p.uids[uint32(uid)] = true
	}
	return p, gid, nil
}
