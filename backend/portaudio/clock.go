//go:build portaudio && cgo

package portaudio

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock is CLOCK_MONOTONIC, which package time reads without a system call.
type clock struct {
	base time.Time // a moment,
	ns   int64     // and what CLOCK_MONOTONIC said then
}

// newClock tries to find out both at once.
func newClock() (c clock) {
	for best, try := time.Hour, 0; try < 10; try++ {
		var now unix.Timespec
		base := time.Now()
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // fails on no Linux
		if gap := time.Since(base); gap < best {
			best, c = gap, clock{base, now.Nano()}
		}
	}
	return c
}

// now is in ns. From any thread; does not block or allocate.
func (c clock) now() int64 { return c.ns + int64(time.Since(c.base)) }
