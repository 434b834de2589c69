package sched

import (
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

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

// TestTakeOver: no collection begins for a while, and then again if no thread is real-time.
func TestTakeOver(t *testing.T) {
	const percent = 123
	defer debug.SetGCPercent(debug.SetGCPercent(percent))
	synctest.Test(t, func(t *testing.T) {
		New(zerolog.Nop()).TakeOver()
		synctest.Wait()
		if got := debug.SetGCPercent(-1); got != -1 {
			t.Errorf("the heap may grow by %d %% only", got)
		}
		time.Sleep(3 * served)
		if got := debug.SetGCPercent(percent); got != percent {
			t.Errorf("the heap may grow by %d %%, want %d", got, percent)
		}
		r := New(zerolog.Nop())
		r.TakeOver()
		r.mu.Lock()
		r.collects = true
		r.mu.Unlock()
		time.Sleep(3 * served)
		if got := debug.SetGCPercent(percent); got != -1 {
			t.Errorf("there are collections beside those of collect: the heap may grow by %d %%", got)
		}
	})
}
