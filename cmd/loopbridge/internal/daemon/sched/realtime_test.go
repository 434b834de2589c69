package sched

import (
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// TestRealtimeBelow: on one processor the thread of a library cannot hold up other devices.
func TestRealtimeBelow(t *testing.T) {
	r := New(zerolog.Nop())
	for _, device := range []string{"main", "other"} {
		r.settle(device, nil, "real-time")
		for processors := 1; processors <= 2; processors++ {
			want := Priority
			if device == "other" && processors == 1 {
				want--
			}
			if got := r.belowLocked(processors); got != want {
				t.Errorf("%d devices on %d processors: priority %d, want %d", len(r.states), processors, got, want)
			}
		}
	}
}

// TestTry: no thread stays real-time, and RTKit waits for no bus that is not there.
func TestTry(t *testing.T) {
	err := Try()
	t.Log(err)
	threads, globbed := filepath.Glob("/proc/self/task/*")
	if globbed != nil || len(threads) == 0 {
		t.Fatalf("%v, %d threads", globbed, len(threads))
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(filepath.Base(thread))
		if err != nil {
			t.Fatal(err)
		}
		if now, err := unix.SchedGetAttr(id, 0); err == nil && now.Policy != unix.SCHED_NORMAL { // else it has ended
			t.Errorf("a thread has policy %d", now.Policy)
		}
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	if most, err := RTKit(t.Context()); err == nil {
		t.Errorf("rtkit grants %d without a bus", most)
	}
}

// TestRaise: no collection begins before collect has the say, unless the thread stays ordinary.
func TestRaise(t *testing.T) {
	const percent = 100
	defer debug.SetGCPercent(debug.SetGCPercent(percent))
	raised := make(chan error)
	go func() {
		runtime.LockOSThread() // and no unlock: the thread ends with the goroutine
		err := New(zerolog.Nop()).raise(unix.Gettid())
		_ = schedule(0, unix.SCHED_NORMAL, 0)
		raised <- err
	}()
	err := <-raised
	want := -1
	if err != nil {
		want = percent
	}
	if got := debug.SetGCPercent(percent); got != want {
		t.Errorf("a heap grows by %d %% between two collections, want %d; %v", got, want, err)
	}
}
