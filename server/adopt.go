package server

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// Bound is a socket that listens already, and is used in the place of a new one.
type Bound struct {
	// File is the socket. Its name is the path of the Socket.
	File *os.File
	// Lock keeps other daemons off the path, for a socket that another daemon hands over. nil: whoever
	// bound the socket, such as systemd, also guards and removes it; the server never does.
	Lock *os.File
}

// adopt makes a listener of s.Bound, and takes over its files unless it fails.
func adopt(s Socket) (*listener, error) {
	if err := s.Bound.check(s); err != nil {
		return nil, err
	}
	peers, _, err := s.peers()
	if err != nil {
		return nil, err
	}
	l, err := net.FileListener(s.Bound.File)
	if err != nil {
		return nil, audio.ErrInvalid.With("the socket %s cannot be taken over: %v", s.Path, err)
	}
	s.Bound.File.Close() // l has a descriptor of its own
	return newListener(l.(*net.UnixListener), s.Path, s.Bound.Lock, peers), nil
}

// check returns why the file cannot be the socket that s describes.
func (b *Bound) check(s Socket) error {
	fd := int(b.File.Fd())
	kinds := map[string]int{"unix": unix.SOCK_STREAM, "unixpacket": unix.SOCK_SEQPACKET}
	units := map[string]string{"unix": "ListenStream=", "unixpacket": "ListenSequentialPacket="}
	name, err := unix.Getsockname(fd)
	at, isUnix := name.(*unix.SockaddrUnix)
	kind, kindErr := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	listens, listenErr := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	switch {
	case errors.Join(err, kindErr, listenErr) != nil || !isUnix || listens == 0:
		return audio.ErrInvalid.With("what was handed over for %s is no unix socket that listens", s.Path)
	case kind != kinds[s.network]:
		return audio.ErrInvalid.With("the socket that was handed over for %s is of the wrong type: in a unit of systemd it needs %s",
			s.Path, units[s.network])
	case !samePlace(at.Name, s.Path):
		return audio.ErrInvalid.With("the socket that was handed over is %s, but the configuration says %s: let both be the same",
			at.Name, s.Path)
	}
	return nil
}

// samePlace reports whether a socket that was bound as name may be at path now; see bind.
func samePlace(name, path string) bool {
	real := func(path string) string {
		if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			return filepath.Join(folder, filepath.Base(path))
		}
		return filepath.Clean(path)
	}
	return real(name) == real(path) || real(strings.TrimSuffix(name, whileBinding)) == real(path)
}
