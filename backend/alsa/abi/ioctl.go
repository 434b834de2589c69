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

// call makes a request for which the driver may have to sleep, again if a signal came in
// between.
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

// quick is call for what never sleeps: the scheduler is not told.
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

// callValue is call for a request whose argument is a number.
func callValue(fd int, request, value uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, value); errno != 0 {
		return errno
	}
	return nil
}
