package sched

import (
	"os"
	"path/filepath"
)

// slack is how many nanoseconds the kernel may delay sleeps of this process so that they share a wake-up.
const slack = "20000000"

// RelaxTimers saves the daemon most of its wake-ups. Whenever the engine's thread returns from its wait,
// the Go runtime wakes a monitor thread, which sleeps 20 µs at a time until it is idle: two to six
// wake-ups for each cycle. With slack they coincide with the engine's own. The engine is not delayed, as
// a timerfd has no slack. Later threads inherit it. If the kernel refuses, only the cost is higher.
func RelaxTimers() { setSlack(slack) }

// TightenTimers undoes RelaxTimers until its next call, for what somebody waits for: with slack, the collector of garbage
// may add a tenth of a second to what takes milliseconds.
func TightenTimers() { setSlack("0") }

func setSlack(slack string) {
	threads, _ := filepath.Glob("/proc/self/task/*")
	for _, t := range threads {
		_ = os.WriteFile("/proc/"+filepath.Base(t)+"/timerslack_ns", []byte(slack), 0)
	}
}
