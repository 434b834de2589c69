package sched

import (
	"os"
	"path/filepath"
)

// slack is by how many nanoseconds the kernel may delay the sleeps of this process's
// threads to let them share a wake-up. See RelaxTimers.
const slack = "20000000"

// RelaxTimers spares the daemon most of its wake-ups. Whenever the engine's thread
// returns from its wait, the Go runtime wakes a monitor thread, which sleeps 20 µs at a
// time until there is nothing to watch: two to six wake-ups for each cycle. With slack
// these merge with the engine's own. The engine is not delayed: a timerfd has no slack.
// Threads that come later inherit it. Where the kernel refuses, everything works as
// well, and costs more.
func RelaxTimers() {
	threads, _ := filepath.Glob("/proc/self/task/*")
	for _, t := range threads {
		_ = os.WriteFile("/proc/"+filepath.Base(t)+"/timerslack_ns", []byte(slack), 0)
	}
}
