package portaudio

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/sleep"
)

// bell wakes one sleeping thread. It is a futex: a sleep and the ring that ends it cost one
// system call each, a ring without a sleeper costs none.
//
//	awake ──sleep──▶ asleep ──ring──▶ rung ──▶ awake
//	  └───────────────ring──────────────▲
type bell struct {
	state atomic.Uint32
	left  unix.Timespec // until the sleep ends; read by the kernel
}

const (
	bellAwake uint32 = iota
	bellRung
	bellAsleep
)

// From linux/futex.h.
const futexWake = 1 | 128 // FUTEX_WAKE, private to this process

// ring ends the sleep in progress or the next one. Any thread may call it. It neither blocks nor
// allocates.
func (b *bell) ring() {
	if b.state.Swap(bellRung) == bellAsleep {
		_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&b.state)), futexWake, 1, 0, 0, 0)
	}
}

// sleep blocks the thread until the bell rings or limit has passed; a limit of 0 means none. It
// reports whether the bell rang and does not allocate. A bell has one sleeper.
func (b *bell) sleep(limit time.Duration) (rung bool) {
	for b.state.CompareAndSwap(bellAwake, bellAsleep) || b.state.Load() == bellAsleep {
		var left *unix.Timespec
		if limit > 0 {
			b.left = unix.NsecToTimespec(int64(limit))
			left = &b.left
		}
		if sleep.Futex((*uint32)(unsafe.Pointer(&b.state)), bellAsleep, left) == unix.ETIMEDOUT {
			return b.state.Swap(bellAwake) == bellRung
		}
	}
	b.state.Store(bellAwake)
	return true
}
