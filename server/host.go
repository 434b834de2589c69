package server

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// host is the program at a connection, as package loop reaches it: shared memory
// and an eventfd. It outlives the connection while frames of a program that has
// gone are still on their way.
type host struct {
	hangUp func(why error)

	bell atomic.Int32 // eventfd, −1: none

	mu       sync.Mutex
	memories int // mapped
	closed   bool
	memfd    int // of the newest memory, until it was sent; −1: none
}

func newHost(hangUp func(why error)) (*host, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, audio.ErrNoMemory.With("no eventfd: %v; raise the daemon's limit of open files", err)
	}
	h := &host{hangUp: hangUp, memfd: -1}
	h.bell.Store(int32(fd))
	return h, nil
}

const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// Memory makes a memfd and maps it.
func (h *host) Memory(bytes int) ([]byte, error) {
	fd, err := unix.MemfdCreate("loopbridge", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	var mem []byte
	if err = unix.Ftruncate(fd, int64(bytes)); err == nil {
		if _, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err == nil {
			mem, err = unix.Mmap(fd, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		}
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.memories++
	if h.memfd >= 0 {
		unix.Close(h.memfd)
	}
	h.memfd = fd
	return mem, nil
}

// Free unmaps. The bell goes with the last memory of a closed connection: from
// then on nobody rings it.
func (h *host) Free(mem []byte) {
	_ = unix.Munmap(mem)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.memories--
	h.release()
}

// Ring counts the eventfd up. At its limit the program has plenty to wake up for.
func (h *host) Ring() {
	one := [8]byte{1}
	_, _ = unix.Write(int(h.bell.Load()), one[:])
}

// Disconnect hangs up.
func (h *host) Disconnect(why error) { h.hangUp(why) }

// descriptors are what a Granted carries. The memfd is the caller's to close.
func (h *host) descriptors() (memfd, bell int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	memfd, h.memfd = h.memfd, -1
	return memfd, int(h.bell.Load())
}

// close is called when the connection has ended.
func (h *host) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.memfd >= 0 {
		unix.Close(h.memfd)
		h.memfd = -1
	}
	h.release()
}

func (h *host) release() {
	if h.closed && h.memories == 0 {
		if fd := h.bell.Swap(-1); fd >= 0 {
			unix.Close(int(fd))
		}
	}
}
