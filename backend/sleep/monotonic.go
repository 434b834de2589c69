package sleep

import (
	"time"

	"golang.org/x/sys/unix"
)

// Monotonic reads CLOCK_MONOTONIC without a system call, by relating it to package time once. Any goroutine
// may use it; it does not allocate.
type Monotonic struct {
	base time.Time // a moment
	ns   int64     // CLOCK_MONOTONIC at base
}

// NewMonotonic relates the two clocks. It takes the moment of package time first, so that Now is not
// behind a timerfd.
func NewMonotonic() (m Monotonic) {
	for best, try := time.Hour, 0; try < 10; try++ {
		var now unix.Timespec
		base := time.Now()
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // never fails on Linux
		if gap := time.Since(base); gap < best {
			best, m.base, m.ns = gap, base, now.Nano()
		}
	}
	return m
}

// Now returns CLOCK_MONOTONIC in ns.
func (m *Monotonic) Now() int64 { return m.ns + int64(time.Since(m.base)) }
