package server_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// usage is what this process holds of what can leak.
type usage struct {
	goroutines, descriptors, mappings int
}

func measure(t testing.TB) usage {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return usage{runtime.NumGoroutine(), len(fds), bytes.Count(maps, []byte("memfd:loopbridge"))}
}

// noLeaks checks at the end of the test that nothing is left of it.
func noLeaks(t testing.TB) {
	t.Helper()
	r, w, err := os.Pipe() // the runtime's own poller comes with the first one
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
	before := measure(t)
	t.Cleanup(func() { settlesTo(t, before) })
}

// settlesTo waits until there is no more than before.
func settlesTo(t testing.TB, before usage) {
	t.Helper()
	var now usage
	for start := time.Now(); time.Since(start) < hang; time.Sleep(time.Millisecond) {
		now = measure(t)
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors && now.mappings <= before.mappings {
			return
		}
	}
	t.Errorf("there is %+v, before the test there was %+v\n%s\n%s", now, before, openFiles(), stacks())
}

// heap is what is live on the heap, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one's finalizers let go
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func openFiles() (list string) {
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		target, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		list += fmt.Sprintf("%s → %s\n", fd.Name(), target)
	}
	return list
}

func stacks() string {
	all := make([]byte, 1<<20)
	return string(all[:runtime.Stack(all, true)])
}
