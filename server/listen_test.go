package server_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// listens binds a socket and closes it again, and returns what it looked like.
func listens(t *testing.T, s server.Socket) (fs.FileInfo, error) {
	t.Helper()
	srv, err := server.Listen(s, loop.NewPatchbay(), zerolog.Nop())
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if err := srv.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := os.Lstat(s.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there after Close: %v", err)
	}
	return info, nil
}

func TestSocketThatCannotBe(t *testing.T) {
	noLeaks(t)
	path := servertest.Socket(t)
	dir := filepath.Dir(path)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 108))
	cases := []struct {
		name   string
		socket server.Socket
		want   *audio.Error
		says   []string
	}{
		{"a path that is too long", server.Socket{Path: long}, audio.ErrInvalid, []string{long, "too long", "at most 107"}},
		{"a file in the way", server.Socket{Path: file}, audio.ErrBusy, []string{file, "not a socket", "remove it"}},
		{"a directory in the way", server.Socket{Path: dir}, audio.ErrBusy, []string{dir, "not a socket"}},
		{"a file where the directory should be", server.Socket{Path: filepath.Join(file, "s")}, audio.ErrAccess, []string{"directory", "--socket"}},
		{"an unknown group", server.Socket{Path: path, Group: "no-such-group"}, audio.ErrInvalid, []string{"no group no-such-group"}},
		{"an unknown user", server.Socket{Path: path, Users: []string{"root", "no-such-user"}}, audio.ErrInvalid, []string{"no user no-such-user"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := listens(t, c.socket)
			servertest.Is(t, err, c.want)
			for _, word := range c.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
	if text, _ := os.ReadFile(file); string(text) != "precious" {
		t.Error("the file in the way was touched")
	}
}

func TestSocketPathOf107BytesInDirectoriesThatAreMissing(t *testing.T) {
	noLeaks(t)
	path := filepath.Join(filepath.Dir(servertest.Socket(t)), "a", "b") + "/"
	path += strings.Repeat("x", 107-len(path))
	if _, err := listens(t, server.Socket{Path: path}); err != nil {
		t.Error(err)
	}
}

func TestSocketModeAndGroup(t *testing.T) {
	noLeaks(t)
	path := servertest.Socket(t)
	info, err := listens(t, server.Socket{Path: path})
	if err != nil || info.Mode() != fs.ModeSocket|0o660 {
		t.Errorf("unless configured the mode is %v, %v", info.Mode(), err)
	}
	info, err = listens(t, server.Socket{Path: path, Mode: 0o602})
	if err != nil || info.Mode() != fs.ModeSocket|0o602 {
		t.Errorf("configured as 0602 it is %v, %v", info.Mode(), err)
	}
	group := 1
	if os.Geteuid() != 0 {
		group = os.Getegid() // no other is ours to give
	}
	info, err = listens(t, server.Socket{Path: path, Group: strconv.Itoa(group)})
	if err != nil || int(info.Sys().(*syscall.Stat_t).Gid) != group {
		t.Errorf("the group is not %d: %+v, %v", group, info, err)
	}
}

func TestSecondDaemonIsRefused(t *testing.T) {
	r := newRig(t)
	_, err := listens(t, server.Socket{Path: r.Path})
	servertest.Is(t, err, audio.ErrBusy)
	if !strings.Contains(err.Error(), "already") || !strings.Contains(err.Error(), r.Path) {
		t.Errorf("%q does not say what is the matter", err)
	}
	if err := servertest.Answers(servertest.Guard(t), r.Path); err != nil {
		t.Errorf("the first one is disturbed: %v", err)
	}
}

func TestStaleSocketIsTakenOver(t *testing.T) {
	noLeaks(t)
	path := servertest.Socket(t)
	stale, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	err = servertest.Answers(servertest.Guard(t), path)
	servertest.Is(t, err, audio.ErrNoDaemon)
	if _, err := listens(t, server.Socket{Path: path}); err != nil {
		t.Error(err)
	}
}

// A socket that is in use by a program which knows nothing of our lock.
func TestForeignSocketIsLeftAlone(t *testing.T) {
	for _, network := range []string{"unix", "unixpacket"} {
		noLeaks(t)
		path := servertest.Socket(t)
		foreign, err := net.Listen(network, path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = listens(t, server.Socket{Path: path})
		servertest.Is(t, err, audio.ErrBusy)
		if err := foreign.Close(); err != nil {
			t.Error(err)
		}
		if _, err := listens(t, server.Socket{Path: path}); err != nil {
			t.Errorf("%s: after it has gone: %v", network, err)
		}
	}
}

func TestNobodyIsServedAfterClose(t *testing.T) {
	r := newRig(t)
	p := r.open("loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	quiet := r.dial()
	if err := r.Server.Close(); err != nil {
		t.Error(err)
	}
	if n := r.Connections(); n != 0 {
		t.Errorf("%d connections after Close", n)
	}
	quiet.cutOff()
	_, err := p.Read(servertest.Guard(t), make([]byte, 4))
	servertest.Is(t, err, audio.ErrReset)
	if err := p.Close(servertest.Guard(t)); err != nil {
		t.Error(err)
	}
	err = servertest.Answers(servertest.Guard(t), r.Path)
	servertest.Is(t, err, audio.ErrNoDaemon)
}

// Close while programs come in all the time: nobody is left hanging.
func TestCloseWhileProgramsComeIn(t *testing.T) {
	for range 20 {
		t.Run("", func(t *testing.T) {
			r := newRig(t)
			done := make(chan struct{})
			for range 4 {
				go func() {
					defer func() { done <- struct{}{} }()
					for {
						if err := servertest.Answers(servertest.Guard(t), r.Path); err != nil {
							if !errors.Is(err, audio.ErrNoDaemon) && !errors.Is(err, audio.ErrReset) {
								t.Error(err)
							}
							return
						}
					}
				}()
			}
			servertest.Until(t, "some to come", func() bool { return r.Connections() > 0 })
			if err := r.Server.Close(); err != nil {
				t.Error(err)
			}
			for range 4 {
				<-done
			}
		})
	}
}

// Who waits for a daemon connects as soon as the socket is there: it then has its mode, and
// somebody listens.
func TestSocketIsThereWhenItAnswers(t *testing.T) {
	noLeaks(t)
	path := servertest.Socket(t)
	const mode = 0o604 // no umask has that
	for range 100 {
		began, seen := make(chan bool), make(chan error)
		go func() {
			close(began)
			for {
				info, err := os.Lstat(path)
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				var c net.Conn
				if err == nil {
					c, err = net.Dial("unixpacket", path)
				}
				if err == nil {
					c.Close()
					if got := info.Mode().Perm(); got != mode {
						err = fmt.Errorf("its mode is %v", got)
					}
				}
				seen <- err
				return
			}
		}()
		<-began
		srv, err := server.Listen(server.Socket{Path: path, Mode: mode}, loop.NewPatchbay(), zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		if err := <-seen; err != nil {
			t.Errorf("when the socket is there: %v", err)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 1 || left[0] != path+".lock" {
		t.Errorf("%v are left", left)
	}
}
