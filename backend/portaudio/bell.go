package portaudio

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/sleep"
)

// bell wakes one thread that sleeps: a futex, so that a sleep and what ends it cost one
// system call each, and a ring that nobody waits for costs none.
//
//	awake ──sleep──▶ asleep ──ring──▶ rung ──▶ awake
//	  └───────────────ring──────────────▲
type bell struct {
	state atomic.Uint32
	left  unix.Timespec // of the sleep in progress; the kernel reads it
}

const (
	bellAwake uint32 = iota
	bellRung
	bellAsleep
)

// linux/futex.h
const futexWake = 1 | 128 // FUTEX_WAKE, of this process only

// ring ends the sleep in progress, or else the next one. From any thread; does not block
// or allocate.
func (b *bell) ring() {
	if b.state.Swap(bellRung) == bellAsleep {
		_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&b.state)), futexWake, 1, 0, 0, 0)
	}
}

// sleep returns when the bell rings, or after limit at the earliest; 0: never. It blocks its
// thread and does not allocate. A bell is for one sleeper.
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
