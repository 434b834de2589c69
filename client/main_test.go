package client_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a daemon with the loop loop0 on the null clock. When its test has ended,
// nothing may be left.
type rig struct {
	testing.TB
	*servertest.Daemon
}

func newRig(t testing.TB) *rig {
	t.Helper()
	before := measure(t)
	t.Cleanup(func() { settlesTo(t, before) })
	return &rig{t, servertest.Start(t, servertest.Options{})}
}

func (r *rig) open(o pcm.Options) *pcm.PCM {
	r.Helper()
	p, err := client.Open(servertest.Guard(r), r.Path, "loop0", o)
	if err != nil {
		r.Fatalf("open as %s: %v", o.Role, err)
	}
	r.Cleanup(p.Abandon)
	return p
}

func (r *rig) status() loop.Status { return r.Status("loop0") }

func serverThat(dir audio.Direction) pcm.Options {
	return pcm.Options{Role: pcm.Server, Direction: dir, Period: 96}
}

func clientThat(dir audio.Direction) pcm.Options {
	return pcm.Options{Role: pcm.Client, Direction: dir, Period: 96}
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
	for start := time.Now(); time.Since(start) < servertest.Hang; time.Sleep(time.Millisecond) {
		now = measure(t)
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors && now.mappings <= before.mappings {
			return
		}
	}
	t.Errorf("there is %+v, before there was %+v", now, before)
}
