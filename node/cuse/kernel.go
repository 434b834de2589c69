package cuse

import (
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Kernel is an open /dev/cuse, as Serve wants it. One goroutine may read; any may write.
//
// It waits for requests under the poller of Go's runtime, and moves them with RawSyscall, because neither a read nor a write
// of /dev/cuse blocks. A usual system call wakes the runtime's monitor thread whenever the daemon was idle before, and that
// cost a quarter of what a node cost.
type Kernel struct {
	file *os.File
	raw  syscall.RawConn

	// What the read that goes on has, and does whenever there may be a request. It is made once, so that Read does not
	// allocate.
	packet []byte
	n      int
	errno  syscall.Errno
	step   func(fd uintptr) bool

	mu     sync.Mutex // held by writes
	fd     uintptr
	closed bool
}

// OpenKernel opens the file that is usually /dev/cuse. Errors are those of os.OpenFile.
func OpenKernel(path string) (*Kernel, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	k, err := newKernel(file)
	if err != nil {
		file.Close()
	}
	return k, err
}

// AdoptKernel is OpenKernel for a descriptor of the process before: see Conn.HandOver. It is the Kernel's, unless that fails.
func AdoptKernel(fd int, path string) (*Kernel, error) {
	unix.CloseOnExec(fd)
	return newKernel(os.NewFile(uintptr(fd), path))
}

func newKernel(file *os.File) (k *Kernel, err error) {
	k = &Kernel{file: file}
	if k.raw, err = file.SyscallConn(); err == nil {
		err = k.raw.Control(func(fd uintptr) { k.fd = fd })
	}
	if err != nil {
		return nil, err
	}
	k.step = func(fd uintptr) bool {
		k.n, k.errno = move(unix.SYS_READ, fd, k.packet)
		return k.errno != unix.EAGAIN
	}
	return k, nil
}

// move is a system call that reads or writes a packet, and that does not block.
func move(call, fd uintptr, packet []byte) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(packet))), uintptr(len(packet)))
	return int(n), errno
}

// Read implements io.Reader: it blocks until there is a request, which is one packet. It does not allocate.
func (k *Kernel) Read(packet []byte) (int, error) {
	k.packet = packet
	err := k.raw.Read(k.step)
	k.packet = nil
	switch {
	case err != nil: // closed
		return 0, err
	case k.errno != 0:
		return 0, k.errno
	}
	return k.n, nil
}

// Write implements io.Writer: packet is an answer. It neither blocks nor allocates.
func (k *Kernel) Write(packet []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return 0, os.ErrClosed
	}
	n, errno := move(unix.SYS_WRITE, k.fd, packet)
	if errno != 0 {
		return 0, errno
	}
	return n, nil
}

// SetReadDeadline makes Read fail with os.ErrDeadlineExceeded from then on; the zero time undoes that.
func (k *Kernel) SetReadDeadline(t time.Time) error { return k.file.SetReadDeadline(t) }

// Descriptor returns the descriptor of the file, which stays the Kernel's.
func (k *Kernel) Descriptor() int { return int(k.fd) }

// Close implements io.Closer: the node vanishes, and a Read ends.
func (k *Kernel) Close() error {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	return k.file.Close()
}
