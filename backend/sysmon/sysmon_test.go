package sysmon_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/sysmon"
)

// The thread that is found runs no goroutine, however many there are and whatever they do, and
// yet wakes up again and again.
func TestThreadIsTheMonitor(t *testing.T) {
	monitor, err := sysmon.Thread()
	if err != nil {
		t.Fatal(err)
	}
	switches := wakeups(t, monitor)
	var done sync.WaitGroup
	for i := range 32 {
		done.Go(func() {
			if i%2 == 0 {
				runtime.LockOSThread() // for ever: it has a thread to itself, which ends
			}
			for range 300 {
				if unix.Gettid() == monitor {
					t.Error("a goroutine runs on it")
					return
				}
				_ = unix.Nanosleep(&unix.Timespec{Nsec: 1}, nil) // which the runtime may take for long
				runtime.Gosched()
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
