package server

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// host is the program at a connection as package loop sees it: shared memory and a bell. It
// outlives the connection while frames of a program that has gone are still on their way.
//
// The bell is an eventfd that never leaves the daemon. The program gets an epoll instance that
// watches it. With the eventfd itself it could clear O_NONBLOCK, which belongs to the open file
// and not to the descriptor, fill the counter, and block the engine in Ring.
type host struct {
	hangUp func(why error)

	bell atomic.Int32 // eventfd; −1: none
	one  [8]byte      // what is written to it

	mu       sync.Mutex
	memories int // mapped
	closed   bool
	memfd    int // newest memory, kept for a handover; −1: none
}

func newHost(hangUp func(why error)) (*host, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errFull(err)
	}
	h := &host{hangUp: hangUp, memfd: -1, one: [8]byte{1}}
	h.bell.Store(int32(fd))
	return h, nil
}

const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// Memory creates a memfd and maps it.
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

// Free unmaps mem. The last memory of a closed connection takes the bell with it, because nothing
// rings it after that.
func (h *host) Free(mem []byte) {
	_ = unix.Munmap(mem)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.memories--
	if h.memories == 0 && h.memfd >= 0 {
		unix.Close(h.memfd)
		h.memfd = -1
	}
	h.releaseLocked()
}

// Ring counts the eventfd up. Nothing counts it down: each step is an edge for the epoll instance.
// The write cannot block, so RawSyscall skips the scheduler, which saves a third of the cost.
func (h *host) Ring() {
	_, _, _ = unix.RawSyscall(
		unix.SYS_WRITE, uintptr(h.bell.Load()), uintptr(unsafe.Pointer(&h.one)), uintptr(len(h.one)))
}

// Disconnect hangs up.
func (h *host) Disconnect(why error) { h.hangUp(why) }

// descriptors returns what a Granted carries: the newest memory and, if asked for, an epoll
// instance for the bell. The caller closes them.
func (h *host) descriptors(withBell bool) (fds []int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	add := func(fd int, err error) error {
		if err != nil {
			closeAll(fds)
			return errFull(err)
		}
		fds = append(fds, fd)
		return nil
	}
	if err = add(unix.FcntlInt(uintptr(h.memfd), unix.F_DUPFD_CLOEXEC, 0)); err == nil && withBell {
		err = add(listenTo(int(h.bell.Load())))
	}
	if err != nil {
		return nil, err
	}
	return fds, nil
}

// kindProgram is that of hosts which are programs at a connection.
const kindProgram = "program"

// HandOver implements loop.Heir.
func (h *host) HandOver(*ring.Ring) loop.HostState {
	h.mu.Lock()
	defer h.mu.Unlock()
	return loop.HostState{Kind: kindProgram, Bell: int(h.bell.Load()), Memory: h.memfd}
}

// resumeHost returns the host of an end whose bell and memory another process has made, and its memory. Its connection has
// ended, unless setHangUp follows.
func resumeHost(v loop.HostState, bytes int) (*host, []byte, error) {
	mem, err := unix.Mmap(v.Memory, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, audio.ErrIO.With("the memory of a program was not handed over: %v", err)
	}
	unix.CloseOnExec(v.Memory)
	unix.CloseOnExec(v.Bell)
	h := &host{hangUp: func(error) {}, memfd: v.Memory, memories: 1, closed: true, one: [8]byte{1}}
	h.bell.Store(int32(v.Bell))
	return h, mem, nil
}

// listenTo returns an epoll instance that is readable once for each time the bell rang.
func listenTo(bell int) (int, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, err
	}
	edge := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET}
	if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, bell, &edge); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// close is called when the connection has ended.
func (h *host) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.releaseLocked()
}

func (h *host) releaseLocked() {
	if h.closed && h.memories == 0 {
		if fd := h.bell.Swap(-1); fd >= 0 {
			unix.Close(int(fd))
		}
	}
}
