package sysmon_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/sysmon"
)

// ran is the CPU time of a thread.
func ran(t *testing.T, id int) time.Duration {
	t.Helper()
	const threadClock = 6 // CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED, linux/posix-timers.h
	var used unix.Timespec
	if err := unix.ClockGettime(^int32(id)<<3|threadClock, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Nano())
}

// The thread that is found runs no goroutine, however many there are and whatever they do, and
// yet wakes up again and again.
func TestThreadIsTheMonitor(t *testing.T) {
	monitor, err := sysmon.Thread()
	if err != nil {
		t.Fatal(err)
	}
	const goroutines, work = 16, 5 * time.Millisecond
	switches := wakeups(t, monitor)
	var done sync.WaitGroup
	for i := range goroutines {
		done.Go(func() {
			if i%2 == 0 {
				runtime.LockOSThread() // for ever: it has a thread to itself, which ends
			}
			id := unix.Gettid()
			if id == monitor {
				t.Error("a goroutine runs on it")
			}
			for began := ran(t, id); ran(t, id)-began < work; {
				if now := unix.Gettid(); now != id {
					id, began = now, ran(t, now)
				}
				if id == monitor {
					t.Error("a goroutine runs on it")
				}
			}
		})
	}
	done.Wait()
	if now := wakeups(t, monitor); now == switches {
		t.Error("it has not woken up")
	}
	if again, err := sysmon.Thread(); again != monitor {
		t.Errorf("it was %d, and is %d: %v", monitor, again, err)
	}
}

// wakeups counts how often a thread has slept.
func wakeups(t *testing.T, id int) (n int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/status", id))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
			if n, err = strconv.Atoi(strings.TrimSpace(count)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}
