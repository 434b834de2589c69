// Package sysmon finds the thread on which Go's runtime watches over the others.
//
// It looks at each goroutine that sleeps in a system call, up to 100 times a second and more, to see
// whether its processor of Go's is better given to others. A thread that wakes up during such a
// look spins until it is over (Go 1.26: setBlockOnExitSyscall and casgstatus of package runtime).
// If that thread is real-time, and has interrupted the one that looks, the look is never over: it
// spins until the kernel holds real-time threads back, for most of a second. So whoever makes
// threads of Go real-time makes this one real-time, too, with a priority that is no lower. It runs
// for some microseconds at a time, and never code of the program.
package sysmon

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Thread is the id (gettid) of that thread. It does not change. An error: /proc cannot be read.
func Thread() (int, error) {
	text, err := os.ReadFile("/proc/sys/kernel/pid_max")
	if err != nil {
		return 0, err
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("pid_max: %w", err)
	}
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0, err
	}
	// The runtime starts it before all others, and the kernel counts ids up, round and round.
	first, nearest := 0, most
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if after := (id - os.Getpid() + most) % most; err == nil && after > 0 && after < nearest {
			first, nearest = id, after
		}
	}
	if first == 0 {
		return 0, fmt.Errorf("/proc/self/task has one thread only")
	}
	return first, nil
}
