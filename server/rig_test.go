package server_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
)

// hang is how long anything may take before a test says that it hangs: longer than any host
// lets a program wait.
const hang = 5 * time.Minute

// daemon is a server with the loops loop0, loop1 and other, on the null clock.
type daemon struct {
	*server.Server
	bay    *loop.Patchbay
	engine *loop.Engine
	path   string
	served chan error
}

func startDaemon(socket server.Socket, adjust ...func(*server.Server)) (*daemon, error) {
	clock, err := null.Open(backend.Config{Format: audio.DefaultFormat(), Period: 480, Periods: 2}, null.Options{})
	if err != nil {
		return nil, err
	}
	d := &daemon{bay: loop.NewPatchbay(), engine: loop.NewEngine("null", clock), path: socket.Path, served: make(chan error, 1)}
	for _, name := range []string{"loop0", "loop1", "other"} {
		if err := d.bay.Add(loop.Spec{Name: name}, d.engine); err != nil {
			return nil, err
		}
	}
	if d.Server, err = server.Listen(socket, d.bay, zerolog.Nop()); err != nil {
		d.bay.Close()
		return nil, errors.Join(err, d.engine.Close())
	}
	for _, f := range adjust {
		f(d.Server)
	}
	go func() { d.served <- d.Serve() }()
	return d, nil
}

func (d *daemon) stop() error {
	err := d.Server.Close()
	d.bay.Close()
	return errors.Join(err, <-d.served, d.engine.Close())
}

// rig is a daemon in this process, for one test. At its end nothing may be left.
type rig struct {
	*testing.T
	*daemon
}

func newRig(t *testing.T, adjust ...func(*server.Server)) *rig {
	t.Helper()
	noLeaks(t)
	d, err := startDaemon(server.Socket{Path: socketPath(t)}, adjust...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Errorf("the daemon stopped with %v", err)
		}
	})
	return &rig{t, d}
}

// socketPath is short, as the kernel wants it, and reachable for every user.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lb")
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "s")
}

// guard ends with the test, or when that hangs.
func guard(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	t.Cleanup(cancel)
	return ctx
}

func (r *rig) open(name string, o pcm.Options) *pcm.PCM {
	r.Helper()
	p, err := client.Open(guard(r), r.path, name, o)
	if err != nil {
		r.Fatalf("open %s as %s: %v", name, o.Role, err)
	}
	return p
}

// until waits for something that happens elsewhere.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for start := time.Now(); !f(); time.Sleep(time.Millisecond) {
		if time.Since(start) > hang {
			t.Fatalf("waited for %s: in vain", what)
		}
	}
}

// status of one loop.
func (d *daemon) status(name string) loop.Status {
	for _, s := range d.bay.Status() {
		if s.Name == name {
			return s
		}
	}
	return loop.Status{}
}

// free waits until nobody holds or waits for a loop.
func (r *rig) free(name string) {
	r.Helper()
	until(r, name+" to be free", func() bool {
		s := r.status(name)
		return !s.Server.Open && !s.Client.Open && s.Waiting == 0
	})
}

// is checks an error against a sentinel.
func is(t testing.TB, err error, want *audio.Error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %q (%v)", err, want, want.Errno())
	}
}
