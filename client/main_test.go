package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hang is how long anything may take before a test says that it hangs: longer than any host
// lets a program wait.
const hang = 5 * time.Minute

// rig is a daemon with the loop loop0 on the null clock. When its test has ended,
// nothing may be left.
type rig struct {
	testing.TB
	server *server.Server
	bay    *loop.Patchbay
	path   string
}

func newRig(t testing.TB) *rig {
	t.Helper()
	before := measure(t)
	t.Cleanup(func() { settlesTo(t, before) })
	dir, err := os.MkdirTemp("", "lb") // short, as the kernel wants the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	clock, err := null.Open(backend.Config{Format: audio.DefaultFormat(), Period: 480, Periods: 2}, null.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{TB: t, bay: loop.NewPatchbay(), path: filepath.Join(dir, "s")}
	engine := loop.NewEngine("null", clock)
	if err := r.bay.Add(loop.Spec{Name: "loop0"}, engine); err != nil {
		t.Fatal(err)
	}
	if r.server, err = server.Listen(server.Socket{Path: r.path}, r.bay, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- r.server.Serve() }()
	t.Cleanup(func() {
		err := r.server.Close()
		r.bay.Close()
		if err := errors.Join(err, <-served, engine.Close()); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return r
}

func (r *rig) open(o pcm.Options) *pcm.PCM {
	r.Helper()
	p, err := client.Open(guard(r), r.path, "loop0", o)
	if err != nil {
		r.Fatalf("open as %s: %v", o.Role, err)
	}
	r.Cleanup(p.Abandon)
	return p
}

func (r *rig) status() loop.Status { return r.bay.Status()[0] }

// guard ends with the test, or when that hangs.
func guard(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	t.Cleanup(cancel)
	return ctx
}

func serverThat(dir pcm.Direction) pcm.Options {
	return pcm.Options{Role: pcm.Server, Direction: dir, Period: 96}
}

func clientThat(dir pcm.Direction) pcm.Options {
	return pcm.Options{Role: pcm.Client, Direction: dir, Period: 96}
}

func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for start := time.Now(); !f(); time.Sleep(time.Millisecond) {
		if time.Since(start) > hang {
			t.Fatalf("waited for %s: in vain", what)
		}
	}
}

func is(t testing.TB, err error, want *audio.Error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %q (%v)", err, want, want.Errno())
	}
}

// usage is what this process holds of what can leak.
type usage struct{ goroutines, descriptors, mappings int }

func measure(t testing.TB) usage {
	t.Helper()
	in, out, err := os.Pipe() // the runtime's own poller comes with the first one
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return usage{runtime.NumGoroutine(), len(fds), len(mappings(t))}
}

// mappings are the rings that this process has mapped, daemon's side and program's.
func mappings(t testing.TB) (lines []string) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "memfd:loopbridge") {
			lines = append(lines, line)
		}
	}
	return lines
}

func settlesTo(t testing.TB, before usage) {
	t.Helper()
	var now usage
	for start := time.Now(); time.Since(start) < hang; time.Sleep(time.Millisecond) {
		now = measure(t)
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors && now.mappings <= before.mappings {
			return
		}
	}
	t.Errorf("there is %+v, before there was %+v", now, before)
}
