package server_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// bound is a socket that listens, as systemd would bind it. It listens until the test ends.
func bound(t *testing.T, network, path string) *net.UnixListener {
	t.Helper()
	l, err := net.ListenUnix(network, &net.UnixAddr{Name: path, Net: network})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	t.Cleanup(func() { l.Close() })
	return l
}

// fileOf is a descriptor of a socket, as a process inherits it.
func fileOf(t *testing.T, l *net.UnixListener) *os.File {
	t.Helper()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// What systemd has bound serves one daemon after the other, and stays when they end: a program
// that comes in between waits in the socket, and is served by the next.
func TestSocketOfSystemdIsAdopted(t *testing.T) {
	noLeaks(t)
	path := servertest.Socket(t)
	programs, operators := bound(t, "unixpacket", path), bound(t, "unix", control.Socket(path))
	result := make(chan error, 1)
	go func() { result <- servertest.Answers(servertest.Guard(t), path) }()
	for range 3 {
		at := server.Socket{Path: path, Bound: &server.Bound{File: fileOf(t, programs)}}
		bay := loop.NewPatchbay()
		srv, err := server.Listen(at, bay, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		at = server.Socket{Path: control.Socket(path), Bound: &server.Bound{File: fileOf(t, operators)}}
		ctl, err := server.ListenControl(at, server.Panel{Bay: bay}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 2)
		go func() { served <- srv.Serve() }()
		go func() { served <- ctl.Serve() }()
		if err := <-result; err != nil {
			t.Error(err)
		}
		if _, err := control.New(path).Devices(servertest.Guard(t)); err != nil {
			t.Error(err)
		}
		if err := errors.Join(srv.Close(), ctl.Close(), <-served, <-served); err != nil {
			t.Error(err)
		}
		go func() { result <- servertest.Answers(servertest.Guard(t), path) }()
	}
	programs.Close()
	<-result
	for _, left := range []string{path, control.Socket(path)} {
		if _, err := os.Lstat(left); err != nil {
			t.Errorf("systemd's socket is gone: %v", err)
		}
	}
	if _, err := os.Lstat(path + ".lock"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("systemd guards its sockets, and there is a lock: %v", err)
	}
}

// What a daemon hands over comes with its lock: no other can bind the path meanwhile, and the
// socket goes with the daemon that has it now.
func TestSocketOfADaemonIsHandedOver(t *testing.T) {
	noLeaks(t)
	path := servertest.Socket(t)
	lock, err := os.Create(path + ".lock")
	if err == nil {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		t.Fatal(err)
	}
	old := bound(t, "unixpacket", path+".new") // its name while a daemon binds it
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	b := &server.Bound{File: fileOf(t, old), Lock: lock}
	srv, err := server.Listen(server.Socket{Path: path, Bound: b}, loop.NewPatchbay(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	old.Close()
	served := make(chan error, 1)
	go func() { served <- srv.Serve() }()
	if err := servertest.Answers(servertest.Guard(t), path); err != nil {
		t.Error(err)
	}
	_, err = listens(t, server.Socket{Path: path})
	servertest.Is(t, err, audio.ErrBusy)
	if err := errors.Join(srv.Close(), <-served); err != nil {
		t.Error(err)
	}
	if _, err := listens(t, server.Socket{Path: path}); err != nil { // it also says that the old one is gone
		t.Error(err)
	}
}

func TestSocketThatCannotBeAdopted(t *testing.T) {
	noLeaks(t)
	path, other := servertest.Socket(t), servertest.Socket(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	one, two := os.NewFile(uintptr(pair[0]), "one"), os.NewFile(uintptr(pair[1]), "two")
	defer one.Close()
	defer two.Close()
	for name, c := range map[string]struct {
		file *os.File
		says []string
	}{
		"a pipe":                   {r, []string{"no unix socket that listens"}},
		"a socket without backlog": {one, []string{"no unix socket that listens"}},
		"the wrong type":           {fileOf(t, bound(t, "unix", path)), []string{"wrong type", "ListenSequentialPacket="}},
		"another path":             {fileOf(t, bound(t, "unixpacket", other)), []string{other, path, "let both be the same"}},
	} {
		_, err := server.Listen(server.Socket{Path: path, Bound: &server.Bound{File: c.file}}, loop.NewPatchbay(), zerolog.Nop())
		servertest.Is(t, err, audio.ErrInvalid)
		for _, word := range c.says {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %q", name, err, word)
			}
		}
	}
}
