package cusetest

import (
	"context"
	"encoding/binary"
	"syscall"
)

// File is an open file of a program. Any goroutine may call its methods; a context that ends is a signal.
type File struct {
	kernel *Kernel
	fh, kh uint64
	pid    uint32
	flags  uint32
	ready  chan struct{}
}

// Open is open(2) of the process of a number.
func (k *Kernel) Open(ctx context.Context, pid, flags int) (*File, syscall.Errno) {
	f := &File{kernel: k, pid: uint32(pid), flags: uint32(flags), ready: make(chan struct{}, 1)}
	reply, errno := k.call(ctx, 14, f.pid, words(f.flags, 0))
	if errno != 0 {
		return nil, errno
	}
	f.fh = binary.NativeEndian.Uint64(reply)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last += 2
	f.kh = k.last
	k.polls[f.kh] = f.ready
	return f, 0
}

// words are numbers of 32 bits.
func words(all ...uint32) (b []byte) {
	for _, v := range all {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return b
}

// body begins with the file.
func (f *File) body(all ...uint32) []byte {
	return append(binary.NativeEndian.AppendUint64(nil, f.fh), words(all...)...)
}

// SetNonblock is fcntl(2) with O_NONBLOCK.
func (f *File) SetNonblock(on bool) {
	f.flags &^= syscall.O_NONBLOCK
	if on {
		f.flags |= syscall.O_NONBLOCK
	}
}

// chunk is how much the kernel moves at a time.
const chunk = 64 << 10

// Read is read(2).
func (f *File) Read(ctx context.Context, buf []byte) (n int, errno syscall.Errno) {
	for n < len(buf) {
		want := min(len(buf)-n, chunk)
		reply, errno := f.kernel.call(ctx, 15, f.pid, f.body(0, 0, uint32(want), 0, 0, 0, f.flags, 0))
		if errno != 0 {
			if n > 0 {
				return n, 0
			}
			return 0, errno
		}
		n += copy(buf[n:], reply)
		if len(reply) < want {
			break
		}
	}
	return n, 0
}

// Write is write(2). As in the kernel, one of nothing does not reach the daemon.
func (f *File) Write(ctx context.Context, data []byte) (n int, errno syscall.Errno) {
	for n < len(data) {
		part := data[n:min(n+chunk, len(data))]
		reply, errno := f.kernel.call(ctx, 16, f.pid, append(f.body(0, 0, uint32(len(part)), 0, 0, 0, f.flags, 0), part...))
		if errno != 0 {
			if n > 0 {
				return n, 0
			}
			return 0, errno
		}
		took := int(binary.NativeEndian.Uint32(reply))
		n += took
		if took < len(part) {
			break
		}
	}
	return n, 0
}

// Ioctl is ioctl(2) with memory of the program, or nil.
func (f *File) Ioctl(ctx context.Context, cmd uint32, memory []byte) syscall.Errno {
	var in []byte
	room := 0
	for range 2 {
		body := append(f.body(2, cmd, 0x1000, 0, uint32(len(in)), uint32(room)), in...)
		reply, errno := f.kernel.call(ctx, 39, f.pid, body)
		if errno != 0 {
			return errno
		}
		if binary.NativeEndian.Uint32(reply[4:])&4 == 0 {
			if out := reply[16:]; len(out) > room {
				return syscall.EIO
			} else {
				copy(memory, out)
			}
			return 0
		}
		ins, outs := binary.NativeEndian.Uint32(reply[8:]), binary.NativeEndian.Uint32(reply[12:])
		vectors := reply[16:]
		size := func() int {
			n := int(binary.NativeEndian.Uint64(vectors[8:]))
			vectors = vectors[16:]
			return n
		}
		if ins > 0 {
			n := size()
			if n > len(memory) {
				return syscall.EFAULT
			}
			in = memory[:n]
		}
		if outs > 0 {
			if room = size(); room > len(memory) {
				return syscall.EFAULT
			}
		}
	}
	return syscall.EIO
}

// Poll is poll(2) that does not wait.
func (f *File) Poll() uint32 { return f.poll(0) }

func (f *File) poll(flags uint32) uint32 {
	body := binary.NativeEndian.AppendUint64(f.body(), f.kh)
	reply, errno := f.kernel.call(context.Background(), 40, f.pid, append(body, words(flags, 0x145)...))
	if errno != 0 {
		return 0x8
	}
	return binary.NativeEndian.Uint32(reply)
}

// Edge polls once, as epoll(7) with EPOLLET does, and returns the events, and what receives when the daemon has told of others.
func (f *File) Edge() (events uint32, told <-chan struct{}) { return f.poll(1), f.ready }

// Wait is poll(2) that waits; 0: ctx has ended.
func (f *File) Wait(ctx context.Context) uint32 {
	for {
		if events := f.poll(1); events != 0 {
			return events
		}
		select {
		case <-f.ready:
		case <-f.kernel.gone:
			return 0x18
		case <-ctx.Done():
			return 0
		}
	}
}

// Close is close(2) of the last descriptor. It waits for the daemon; when ctx ends, as that of a program that is killed, it
// is interrupted.
func (f *File) Close(ctx context.Context) {
	f.kernel.call(ctx, 18, 0, f.body(f.flags, 0, 0, 0))
}
