package rtp

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arrivals turns the kernel's times of datagrams, which are times of day, into those of CLOCK_MONOTONIC. Both clocks are read
// together for each batch. If somebody sets the time of day in between, what seems to
// come in the future, or to have waited for seconds, comes now.
type arrivals struct {
	now    int64 // when this batch was taken
	offset int64 // from the time of day to CLOCK_MONOTONIC
}

// waits is how long a datagram may have waited, in ns.
const waits = int64(5e9)

// begin relates the two clocks.
func (a *arrivals) begin(now int64) {
	var wall unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &wall) // never fails on Linux
	a.now, a.offset = now, now-wall.Nano()
}

// of returns when a datagram came, from its control message.
func (a *arrivals) of(control []byte) int64 {
	const stamp = unix.SizeofCmsghdr + 16
	if len(control) < stamp {
		return a.now
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPNS {
		return a.now
	}
	time := control[unix.SizeofCmsghdr:]
	wall := int64(binary.NativeEndian.Uint64(time))*1e9 + int64(binary.NativeEndian.Uint64(time[8:]))
	if at := wall + a.offset; at < a.now && at > a.now-waits {
		return at
	}
	return a.now
}
