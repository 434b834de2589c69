package server

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// peerGroups is SO_PEERGROUPS, which package unix does not wrap.
func peerGroups(fd, most int) ([]uint32, error) {
	groups := make([]uint32, most)
	size := uint32(4 * most)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_PEERGROUPS,
		uintptr(unsafe.Pointer(&groups[0])), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return nil, errno
	}
	return groups[:size/4], nil
}
