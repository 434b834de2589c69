package abi

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The parts of a request number: direction, size of the argument, group, number.
const (
	read  = 2 << 30
	write = 1 << 30
)

func request(direction, group, number uintptr, size uintptr) uintptr {
	return direction | size<<16 | group<<8 | number
}

// Groups of requests.
const (
	groupPCM = 'A'
	groupCTL = 'U'
)

// call makes a request during which the driver may sleep, and repeats it after a signal.
func call(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
		default:
			return errno
		}
	}
}

// quick is call for requests that never sleep; it does not tell the scheduler.
func quick(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
		default:
			return errno
		}
	}
}

// callValue is call with a number as argument.
func callValue(fd int, request, value uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, value); errno != 0 {
		return errno
	}
	return nil
}
