// Package sleep makes the system calls in which the thread of a device sleeps.
//
// While a goroutine is in an ordinary system call, the monitor of Go's runtime regularly checks
// whether to give its P to another goroutine. A thread that wakes up during such a check spins
// until it is over. If that thread is real-time and the machine has one processor, the check never
// ends: the thread spins until the kernel throttles real-time threads, for most of a second (Go
// 1.26: setBlockOnExitSyscall and casgstatus of package runtime).
//
// So with one processor the calls of this package release their P before they sleep, like the
// blocking calls of the runtime itself, which leaves the monitor nothing to check. That costs some
// microseconds a call, because the monitor sleeps more deeply and is woken more often. (A real-time
// monitor cost more: it wakes up to the microsecond.) With more processors another one finishes the
// check, and the calls are ordinary ones.
//
// A garbage collection still scans sleeping goroutines.
package sleep
