// Package sleep makes the system calls in which the thread of a device sleeps.
//
// While a goroutine is in an ordinary system call, the monitor of Go's runtime looks at it from
// time to time, to see whether its processor of Go's is better given to others. A thread that
// wakes up during such a look spins until it is over. If that thread is real-time and the machine
// has one processor, the look is never over: the thread spins until the kernel holds real-time
// threads back, for most of a second (Go 1.26: setBlockOnExitSyscall and casgstatus of package
// runtime).
//
// So where there is one processor the calls of this package give the one of Go's away before they
// sleep, as the runtime's own do. Then the monitor has nothing to look for. That costs some
// microseconds a call, because the monitor sleeps more deeply and is woken more often. (A monitor
// that is real-time itself cost more: it then wakes up to the microsecond.) Where there are more
// processors another one goes on with the look, and the calls are ordinary ones.
//
// A garbage collection looks at sleeping goroutines all the same.
package sleep
