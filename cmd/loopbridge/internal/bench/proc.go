package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// monotonic reads CLOCK_MONOTONIC, which all processes share. It uses package time, which needs
// no system call but does not reveal the clock's value.
type monotonic struct {
	start time.Time
	at    int64 // ns
}

func newMonotonic() monotonic {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // cannot fail on Linux
	return monotonic{start: time.Now(), at: t.Nano()}
}

// now returns the time in ns.
func (m monotonic) now() int64 { return m.at + int64(time.Since(m.start)) }

// cpuTime returns the user and system time of a process: utime and stime of /proc/PID/stat, but
// in ns instead of 10 ms. See clock_getcpuclockid(3) for the clock's number.
func cpuTime(pid int) (time.Duration, error) {
	const cpuClockSched = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|cpuClockSched), &t); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// wakeups returns how often the threads of a process have gone to sleep, and so were woken.
func wakeups(pid int) (n uint64, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("process %d has gone", pid)
	}
	for _, f := range files {
		status, err := readStatus(f)
		if err != nil {
			continue // the thread has ended
		}
		n += status["voluntary_ctxt_switches"]
	}
	return n, nil
}

// memory is the memory of a process in bytes.
type memory struct {
	rss   uint64 // resident
	rings uint64 // resident and shared: rings
}

func memoryOf(pid int) (m memory, err error) {
	status, err := readStatus(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, err
	}
	return memory{rss: status["VmRSS"] << 10, rings: status["RssShmem"] << 10}, nil
}

// filesOf returns how many descriptors a process has.
func filesOf(pid int) (int, error) {
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(all), err
}

// readStatus returns the numbers in a status file of /proc; sizes are in KiB.
func readStatus(path string) (map[string]uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	numbers := make(map[string]uint64)
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
		if n, err := strconv.ParseUint(value, 10, 64); err == nil {
			numbers[key] = n
		}
	}
	return numbers, nil
}

// cpuModel returns the kernel's name of the processor.
func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
