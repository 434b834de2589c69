package sleep

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Poll is ppoll(2): it returns when a descriptor is ready, after the timeout (nil: never), or with
// EINTR. The kernel counts the timeout down. It blocks its thread and does not allocate. Both
// arguments must be on the heap.
func Poll(fds []unix.PollFd, timeout *unix.Timespec) error {
	if !alone() {
		_, err := unix.Ppoll(fds, timeout, nil)
		return err
	}
	var first *unix.PollFd
	if len(fds) > 0 {
		first = &fds[0]
	}
	if errno := poll(first, len(fds), timeout); errno != 0 {
		return errno
	}
	return nil
}

// alone reports whether there is only one processor.
func alone() bool { return runtime.NumCPU() == 1 }

// linux/futex.h
const futexWait = 0 | 128 // FUTEX_WAIT, of this process only

// Futex is FUTEX_WAIT of futex(2) within this process: it returns when the word is woken, at once
// with EAGAIN if it does not hold value, after the timeout (nil: never) with ETIMEDOUT, or with
// EINTR. It blocks its thread and does not allocate. Both pointers must be to the heap.
func Futex(word *uint32, value uint32, timeout *unix.Timespec) error {
	errno := syscall.Errno(0)
	if alone() {
		errno = futex(word, value, timeout)
	} else {
		_, _, errno = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait, uintptr(value),
			uintptr(unsafe.Pointer(timeout)), 0, 0)
	}
	if errno != 0 {
		return errno
	}
	return nil
}

//go:nosplit
//go:norace
func poll(fds *unix.PollFd, n int, timeout *unix.Timespec) syscall.Errno {
	entersyscallblock()
	_, _, errno := syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(fds)), uintptr(n),
		uintptr(unsafe.Pointer(timeout)), 0, 0, 0)
	exitsyscall()
	return errno
}

//go:nosplit
//go:norace
func futex(word *uint32, value uint32, timeout *unix.Timespec) syscall.Errno {
	entersyscallblock()
	_, _, errno := syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait, uintptr(value),
		uintptr(unsafe.Pointer(timeout)), 0, 0)
	exitsyscall()
	return errno
}

// The runtime keeps these two for other modules: go.dev/issue/67401. The stack must not grow between them.

//go:linkname entersyscallblock runtime.entersyscallblock
func entersyscallblock()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()
