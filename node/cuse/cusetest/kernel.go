// Package cusetest plays the kernel's part of CUSE, so that what serves nodes is tested where there is no /dev/cuse, also in
// virtual time. What a program would do with system calls it does with the methods of a File.
package cusetest

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Kernel is the other side of one /dev/cuse. Any goroutine may call its methods.
type Kernel struct {
	requests chan []byte
	gone     chan struct{} // closed with the descriptor
	named    chan struct{} // closed when the node has a name
	name     string

	mu      sync.Mutex
	held    *descriptor
	last    uint64
	replies map[uint64]chan []byte
	polls   map[uint64]chan struct{} // by kh
	close   sync.Once
}

// New returns a kernel that begins to talk when somebody reads from its descriptor.
func New() *Kernel {
	k := &Kernel{
		requests: make(chan []byte), gone: make(chan struct{}), named: make(chan struct{}),
		replies: map[uint64]chan []byte{}, polls: map[uint64]chan struct{}{},
	}
	k.held = newDescriptor(k)
	go k.begin()
	return k
}

// Descriptor returns what an open of /dev/cuse would, always the same.
func (k *Kernel) Descriptor() io.ReadWriteCloser {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held
}

// HandOver returns the descriptor as another process has it after an exec. For the process before, it is closed.
func (k *Kernel) HandOver() io.ReadWriteCloser {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.held.left)
	k.held = newDescriptor(k)
	return k.held
}

// descriptor is the open /dev/cuse of one process.
type descriptor struct {
	*Kernel
	left chan struct{} // closed when the process has gone

	deadline sync.Mutex
	passed   chan struct{} // closed when the deadline has passed
}

func newDescriptor(k *Kernel) *descriptor {
	return &descriptor{Kernel: k, left: make(chan struct{}), passed: make(chan struct{})}
}

// SetReadDeadline makes Read fail if the time is not the zero one.
func (d *descriptor) SetReadDeadline(t time.Time) error {
	d.deadline.Lock()
	defer d.deadline.Unlock()
	if t.IsZero() {
		d.passed = make(chan struct{})
	} else {
		close(d.passed)
	}
	return nil
}

// ended returns why the descriptor is of no use now, or nil.
func (d *descriptor) ended(passed chan struct{}) error {
	select {
	case <-d.left:
		return os.ErrClosed
	default:
	}
	select {
	case <-passed:
		return os.ErrDeadlineExceeded
	default:
		return nil
	}
}

// Read returns one request.
func (d *descriptor) Read(p []byte) (int, error) {
	d.deadline.Lock()
	passed := d.passed
	d.deadline.Unlock()
	if err := d.ended(passed); err != nil {
		return 0, err
	}
	select {
	case <-passed:
		return 0, os.ErrDeadlineExceeded
	case <-d.left:
		return 0, os.ErrClosed
	case r := <-d.requests:
		return copy(p, r), nil
	case <-d.gone:
		return 0, syscall.ENODEV
	}
}

// Write takes one answer.
func (d *descriptor) Write(p []byte) (int, error) {
	if err := d.ended(nil); err != nil {
		return 0, err
	}
	k := d.Kernel
	if len(p) < 16 || int(binary.NativeEndian.Uint32(p)) != len(p) {
		return 0, syscall.EINVAL
	}
	code, unique := int32(binary.NativeEndian.Uint32(p[4:])), binary.NativeEndian.Uint64(p[8:])
	k.mu.Lock()
	defer k.mu.Unlock()
	if unique == 0 && code == 1 && len(p) == 24 {
		if c := k.polls[binary.NativeEndian.Uint64(p[16:])]; c != nil {
			select {
			case c <- struct{}{}:
			default:
			}
		}
		return len(p), nil
	}
	c := k.replies[unique]
	if c == nil || code > 0 || code <= -512 {
		return 0, syscall.ENOENT
	}
	delete(k.replies, unique)
	c <- append([]byte(nil), p...)
	return len(p), nil
}

// Close makes every call end with ECONNABORTED, and the node vanish.
func (d *descriptor) Close() error {
	if d.ended(nil) == nil {
		d.close.Do(func() { close(d.gone) })
	}
	return nil
}

// begin is the first request.
func (k *Kernel) begin() {
	body := make([]byte, 16)
	binary.NativeEndian.PutUint32(body, 7)
	binary.NativeEndian.PutUint32(body[4:], 38)
	reply, errno := k.call(context.Background(), 4096, 0, body)
	if errno == 0 && len(reply) > 72 {
		k.name = strings.TrimSuffix(strings.TrimPrefix(string(reply[72:]), "DEVNAME="), "\x00")
	}
	close(k.named)
}

// Name returns the name of the node, and blocks until it has one.
func (k *Kernel) Name() string {
	<-k.named
	return k.name
}

// Gone is closed when the node has vanished.
func (k *Kernel) Gone() <-chan struct{} { return k.gone }

// Raw sends bytes in the place of a request, whatever they are. It returns false when the node has gone.
func (k *Kernel) Raw(packet []byte) bool {
	select {
	case k.requests <- packet:
		return true
	case <-k.gone:
		return false
	}
}

// post sends a request, and returns where its answer comes.
func (k *Kernel) post(op, pid uint32, body []byte) (unique uint64, answer chan []byte) {
	k.mu.Lock()
	k.last += 2
	unique = k.last
	answer = make(chan []byte, 1)
	k.replies[unique] = answer
	k.mu.Unlock()
	k.Raw(packet(op, unique, pid, body))
	return unique, answer
}

func packet(op uint32, unique uint64, pid uint32, body []byte) []byte {
	p := make([]byte, 40, 40+len(body))
	binary.NativeEndian.PutUint32(p, uint32(40+len(body)))
	binary.NativeEndian.PutUint32(p[4:], op)
	binary.NativeEndian.PutUint64(p[8:], unique)
	binary.NativeEndian.PutUint32(p[32:], pid)
	return append(p, body...)
}

// call is a request and its answer. When ctx ends the kernel interrupts it, and goes on to wait.
func (k *Kernel) call(ctx context.Context, op, pid uint32, body []byte) ([]byte, syscall.Errno) {
	unique, answer := k.post(op, pid, body)
	interrupt := ctx.Done()
	for {
		select {
		case p := <-answer:
			return p[16:], syscall.Errno(-int32(binary.NativeEndian.Uint32(p[4:])))
		case <-interrupt:
			interrupt = nil
			k.Raw(packet(36, unique|1, pid, binary.NativeEndian.AppendUint64(nil, unique)))
		case <-k.gone:
			select {
			case p := <-answer:
				return p[16:], syscall.Errno(-int32(binary.NativeEndian.Uint32(p[4:])))
			default:
				return nil, syscall.ECONNABORTED
			}
		}
	}
}
