package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// deaf is a daemon that says nothing: it accepts nobody, or reads and never answers.
func deaf(t *testing.T, accepts bool) (socket string) {
	t.Helper()
	socket = filepath.Join(trial.TempDir(t), "s")
	for path, network := range map[string]string{socket: "unixpacket", control.Socket(socket): "unix"} {
		l, err := net.ListenUnix(network, &net.UnixAddr{Name: path, Net: network})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		if !accepts {
			continue
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					_, _ = io.Copy(io.Discard, c)
					c.Close()
				}()
			}
		}()
	}
	return socket
}

// askers are all command lines that ask the daemon something.
func askers(t *testing.T) [][]string {
	in := filepath.Join(t.TempDir(), "in.wav")
	trial.WriteWAV(t, in, audio.DefaultFormat(), make([]byte, 4800))
	out := filepath.Join(t.TempDir(), "out.wav")
	return [][]string{
		{"ls"}, {"ls", "--json"}, {"info"}, {"info", "null"}, {"info", "loop0/server"}, {"set", "play.gain=3"}, {"set", "null", "play.gain=3"}, {"devices"},
		{"levels"}, {"levels", "null", "--once"}, {"watch"}, {"watch", "null"}, {"loop", "add", "more"}, {"loop", "rm", "loop0"},
		{"drain", "loop0"}, {"halt", "loop0"},
		{"analyse", "loop0"}, {"analyse", "null:play"}, {"analyse", "--wait", "loop0"},
		{"play", "loop0", in}, {"play", "--wait", "loop0", in}, {"play", "--wait=1h", "loop0", in}, {"play", "--server", "loop0", in},
		{"play", "--raw", "loop0", in}, {"record", "loop0", out}, {"record", "--wait", "loop0", out}, {"record", "--server", "loop0", out},
	}
}

// A daemon that does not answer is given up, with a sentence, by every command.
func TestDaemonThatDoesNotAnswer(t *testing.T) {
	for name, accepts := range map[string]bool{"accepts nobody": false, "never answers": true} {
		socket := deaf(t, accepts)
		for _, args := range askers(t) {
			t.Run(name+"/"+strings.Join(args, " "), func(t *testing.T) {
				cliPatient(t, 50*time.Millisecond, append([]string{"--socket", socket}, args...)...).
					want(t, exitFailed, "the daemon on "+socket+" has not answered for 50ms: is it stopped?")
			})
		}
		for _, args := range [][]string{{"ls", ""}, {"info", ""}, {"play", ""}, {"set", ""}, {"levels", ""}, {"drain", ""}, {"analyse", ""}} {
			t.Run(name+"/completion of "+args[0], func(t *testing.T) { // a shell has no use for the sentence
				cliPatient(t, 50*time.Millisecond, append([]string{"__complete", "--", "--socket", socket}, args...)...).want(t, exitOK)
			})
		}
	}
}

// cliPatient is cliRun by somebody who waits for the daemon only so long.
func cliPatient(t *testing.T, patience time.Duration, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(client.WithPatience(t.Context(), patience), servertest.Hang)
	defer cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, nil, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

// A socket whose queue is full lets nobody wait.
func TestDaemonThatAcceptsNobodyAnyMore(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	for path, kind := range map[string]int{socket: unix.SOCK_SEQPACKET, control.Socket(socket): unix.SOCK_STREAM} {
		fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
		}
		if err == nil {
			err = unix.Listen(fd, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		network := map[int]string{unix.SOCK_SEQPACKET: "unixpacket", unix.SOCK_STREAM: "unix"}[kind]
		for range 2 { // one more than it holds
			if c, err := net.Dial(network, path); err == nil {
				t.Cleanup(func() { c.Close() })
			}
		}
	}
	for _, args := range askers(t) {
		if args[0] == "devices" { // shows the cards
			continue
		}
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			cliRun(t, nil, append([]string{"--socket", socket}, args...)...).
				want(t, exitFailed, "the daemon on "+socket+" accepts no connections: is it stopped?")
		})
	}
}

// Without a daemon every command says the same, and package control returns what package
// client does.
func TestNoDaemonIsOneError(t *testing.T) {
	dir := trial.TempDir(t)
	socket := filepath.Join(dir, "s")
	for _, args := range askers(t) {
		if args[0] == "devices" || strings.HasPrefix(args[1%len(args)], "--wait") { // shows the cards; waits for one
			continue
		}
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			cliRun(t, nil, append([]string{"--socket", socket}, args...)...).
				want(t, exitFailed, "no daemon on "+socket+": start one with `loopbridge serve`, or name its socket with --socket or $LOOPBRIDGE_SOCKET")
		})
	}
	_, programs := client.Open(t.Context(), socket, "loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	_, operators := control.New(socket).Devices(t.Context())
	if programs == nil || operators == nil || programs.Error() != operators.Error() {
		t.Errorf("programs are told %v, operators %v", programs, operators)
	}
	for _, err := range []error{programs, operators} {
		if !errors.Is(err, audio.ErrNoDaemon) {
			t.Errorf("%v, want ErrNoDaemon", err)
		}
	}
	if got := cliRun(t, nil, "--socket", socket, "devices"); got.status != exitOK {
		t.Errorf("devices: %+v; it shows the cards without a daemon, too", got)
	}
}

// Those that may not use the daemon are told so by both sockets.
func TestNoPermissionIsOneError(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("not tested: sockets that may not be used, because root may use all")
	}
	socket := deaf(t, true)
	for _, path := range []string{socket, control.Socket(socket)} {
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	_, programs := client.Open(t.Context(), socket, "loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	_, operators := control.New(socket).Devices(t.Context())
	for _, err := range []error{programs, operators} {
		if !errors.Is(err, audio.ErrPermission) {
			t.Errorf("%v, want ErrPermission", err)
		}
	}
}

// A daemon that is stopped while a program waits for its peer is noticed; a stopped real one
// by everybody, and it is well again when it goes on.
func TestStoppedDaemon(t *testing.T) {
	socket := filepath.Join(trial.TempDir(t), "s")
	daemon := serve(t, socket)
	const patience = 200 * time.Millisecond
	waits := make(chan error, 1)
	go func() {
		ctx := client.WithPatience(t.Context(), patience)
		_, err := client.Open(ctx, socket, "loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Wait: pcm.Forever})
		waits <- err
	}()
	waitForLoop(t, socket, "loop0", func(l api.Loop) bool { return l.Waiting == 1 })
	daemon.signal(t, syscall.SIGSTOP)
	if err := <-waits; !errors.Is(err, audio.ErrTimedOut) {
		t.Errorf("%v, want ErrTimedOut", err)
	}
	for _, args := range [][]string{{"ls"}, {"info"}, {"devices"}, {"watch"}, {"drain", "loop1"}, {"record", "--wait", "loop0", filepath.Join(t.TempDir(), "x.wav")}} {
		cliPatient(t, patience, append([]string{"--socket", socket}, args...)...).want(t, exitFailed, "has not answered for 200ms: is it stopped?")
	}
	daemon.signal(t, syscall.SIGCONT)
	cliRun(t, nil, "--socket", socket, "ls").want(t, exitOK)
}
