package client_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

// soon is a context that ends while the call that it is for sleeps.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(servertest.Guard(t), 20*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func ended(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(servertest.Guard(t))
	cancel()
	return ctx
}

// Every call that may sleep ends with its context, with EINTR, and the end goes on to
// work.
func TestD7_CallsEndWithTheirContext(t *testing.T) {
	r := newRig(t)
	s := r.open(serverThat(pcm.Read))
	c := r.open(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Period: 96, Buffer: 192})
	frames := make([]byte, 4*1000)
	calls := map[string]func(ctx context.Context) error{
		"open": func(ctx context.Context) error {
			o := clientThat(pcm.Write)
			o.Wait = pcm.Forever
			_, err := client.Open(ctx, r.Path, "loop0", o)
			return err
		},
		"read": func(ctx context.Context) error { _, err := s.Read(ctx, frames); return err },
		"wait": func(ctx context.Context) error { _, err := s.Wait(ctx, 1); return err },
	}
	for name, call := range calls {
		for _, ctx := range []context.Context{soon(t), ended(t)} {
			if err := call(ctx); !errors.Is(err, audio.ErrInterrupted) {
				t.Errorf("%s: %v, want ErrInterrupted", name, err)
			}
		}
	}
	servertest.Is(t, s.Setup(ended(t), pcm.Setup{Format: audio.Format{Rate: 8000}}), audio.ErrInterrupted)
	for range 100 { // none of them is sent, and answered all the same
		servertest.Is(t, s.Halt(ended(t)), audio.ErrInterrupted)
	}
	if err := s.Halt(servertest.Guard(t)); err != nil { // idle again: nobody takes what c writes
		t.Fatal(err)
	}

	if n, err := c.Write(soon(t), frames); n != 192 || err != nil {
		t.Errorf("a write of more than fits: %d frames, %v", n, err)
	}
	for range 3 * wire.MaxPending { // each stays under way in the daemon
		servertest.Is(t, c.Drain(soon(t)), audio.ErrInterrupted)
	}
	got := make([]byte, 4*192)
	if n, err := s.Read(servertest.Guard(t), got); n != 192 || err != nil {
		t.Fatalf("read %d frames, %v", n, err)
	}
	if err := c.Drain(servertest.Guard(t)); err != nil {
		t.Error(err)
	}
	if err := c.Close(servertest.Guard(t)); err != nil {
		t.Error(err)
	}
}

// D16: a close whose context ends gives the end back all the same.
func TestD16_CloseEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	s := r.open(serverThat(pcm.Read))
	c := r.open(clientThat(pcm.Write))
	if _, err := c.Write(servertest.Guard(t), make([]byte, 4*100)); err != nil {
		t.Fatal(err)
	}
	servertest.Is(t, c.Close(ended(t)), audio.ErrInterrupted)
	if n, err := s.Read(servertest.Guard(t), make([]byte, 4*200)); n != 100 || err != nil {
		t.Errorf("read %d frames, %v, want the 100 that were written", n, err)
	}
	// With nothing to wait for there is nothing to interrupt.
	if err := s.Close(ended(t)); err != nil {
		t.Errorf("close of a server: %v", err)
	}
	servertest.Until(t, "the loop to be free", func() bool { return !r.status().Server.Open && !r.status().Client.Open })
}

// A context may end at any moment of a call; none is lost, and none is late for the
// next call.
func TestContextsThatEndAtAnyMoment(t *testing.T) {
	r := newRig(t)
	s := r.open(serverThat(pcm.Read))
	c := r.open(clientThat(pcm.Write))
	var wait sync.WaitGroup
	stop, cancel := context.WithCancel(servertest.Guard(t))
	wait.Go(func() {
		for stop.Err() == nil {
			_, _ = c.Write(stop, make([]byte, 4*96))
		}
	})
	for i := range 300 {
		ctx, end := context.WithCancel(servertest.Guard(t))
		go func() {
			time.Sleep(time.Duration(i%50) * 100 * time.Microsecond)
			end()
		}()
		for {
			if _, err := s.Read(ctx, make([]byte, 4*96)); err != nil {
				servertest.Is(t, err, audio.ErrInterrupted)
				break
			}
		}
	}
	cancel()
	wait.Wait()
}

// A Setup of which nobody knows whether it happened costs the end: the old ring
// may be dead.
func TestSetupInterruptedHalfway(t *testing.T) {
	ctx, cancel := context.WithCancel(servertest.Guard(t))
	defer cancel()
	path := fakeDaemon(t, func(c *net.UnixConn, r *wire.Request) {
		switch r.Op {
		case wire.OpOpen:
			grant(t, c, r, nil)
		case wire.OpSetup:
			cancel()
		}
	})
	p, err := client.Open(servertest.Guard(t), path, "loop0", serverThat(pcm.Read))
	if err != nil {
		t.Fatal(err)
	}
	servertest.Is(t, p.Setup(ctx, pcm.Setup{Format: audio.Format{Rate: 8000}}), audio.ErrInterrupted)
	_, err = p.Read(servertest.Guard(t), make([]byte, 4))
	servertest.Is(t, err, audio.ErrReset)
	if err := p.Close(servertest.Guard(t)); err != nil {
		t.Error(err)
	}
}

// A daemon that hangs: every call still ends with its context.
func TestDaemonThatDoesNotAnswer(t *testing.T) {
	path := deafDaemon(t, true)
	p, err := client.Open(servertest.Guard(t), path, "loop0", serverThat(pcm.Read))
	if err != nil {
		t.Fatal(err)
	}
	servertest.Is(t, p.Halt(soon(t)), audio.ErrInterrupted)
	_, err = p.Read(soon(t), make([]byte, 4))
	servertest.Is(t, err, audio.ErrInterrupted)
	if err := p.Close(soon(t)); err != nil {
		t.Errorf("close: %v", err)
	}
	path = deafDaemon(t, false)
	_, err = client.Open(soon(t), path, "loop0", serverThat(pcm.Read))
	servertest.Is(t, err, audio.ErrInterrupted)
}

func TestNoDaemon(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stream, err := net.Listen("unix", filepath.Join(os.TempDir(), "lb-other-type"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for _, path := range []string{filepath.Join(dir, "nothing"), file, filepath.Join(file, "s"), dir, stream.Addr().String(), filepath.Join(dir, strings.Repeat("x", 200))} {
		_, err := client.Open(servertest.Guard(t), path, "loop0", serverThat(pcm.Read))
		if !errors.Is(err, audio.ErrNoDaemon) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "loopbridge serve") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestDefaultSocket(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/1000")
	t.Setenv(client.SocketVariable, "")
	if got := client.DefaultSocket(); got != "/run/user/1000/loopbridge/loopbridge.sock" {
		t.Error(got)
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	if got := client.DefaultSocket(); got != "/run/loopbridge/loopbridge.sock" {
		t.Error(got)
	}
	t.Setenv(client.SocketVariable, "/x")
	if got := client.DefaultSocket(); got != "/x" {
		t.Error(got)
	}
}
