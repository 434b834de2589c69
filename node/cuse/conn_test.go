package cuse_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/node/cuse"
	"github.com/loopbridge/loopbridge/node/cuse/cusetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo gives back what was written, and sleeps while there is nothing.
type echo struct {
	mu       sync.Mutex
	bytes    bytes.Buffer
	readers  []*cuse.Transfer // that wait
	wake     func()
	released int
}

func (e *echo) Open(ctx context.Context, by cuse.Caller, flags int) (cuse.File, error) {
	if by.PID == 13 {
		return nil, syscall.EBUSY
	}
	if flags&syscall.O_TRUNC != 0 {
		<-ctx.Done()
		return nil, syscall.EINTR
	}
	return e, nil
}

func (e *echo) Transfer(t *cuse.Transfer) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !t.Writes {
		if t.N, _ = e.bytes.Read(t.Data); t.N > 0 {
			return true
		}
		if t.Flags&syscall.O_NONBLOCK != 0 {
			t.Err = syscall.EAGAIN
			return true
		}
		e.readers = append(e.readers, t)
		return false
	}
	if wake := e.wake; wake != nil {
		e.wake = nil
		defer wake()
	}
	t.N, t.Err = e.bytes.Write(t.Data)
	for _, r := range e.readers {
		r.N, _ = e.bytes.Read(r.Data)
		r.Done()
	}
	e.readers = nil
	return true
}

func (e *echo) Interrupt(t *cuse.Transfer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at := slices.Index(e.readers, t); at >= 0 {
		e.readers = slices.Delete(e.readers, at, at+1)
		t.Err = syscall.EINTR
		t.Done()
	}
}

func (e *echo) Sizes(cmd uint32, _ bool) (in, out int, err error) {
	if cmd == 0 {
		return 0, 0, syscall.EINVAL
	}
	return int(cmd >> 8 & 0xFF), int(cmd & 0xFF), nil
}

func (e *echo) Ioctl(_ context.Context, _ uint32, _ bool, in, out []byte) (int32, error) {
	for i := range out {
		out[i] = byte(len(in) + i)
	}
	return 0, nil
}

func (e *echo) Poll(_ uint32, wake func()) uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.bytes.Len() > 0 {
		return 1
	}
	e.wake = wake
	return 0
}

func (e *echo) Forget() {}

func (e *echo) Release(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.released++
	return nil
}

// serve begins a node in virtual time.
func serve(t *testing.T, run func(*testing.T, *cusetest.Kernel, *cuse.Conn, *echo)) {
	synctest.Test(t, func(t *testing.T) {
		k, e := cusetest.New(), &echo{}
		c, err := cuse.Serve(k.Descriptor(), "loopbridge/echo", e)
		if err != nil {
			t.Fatal(err)
		}
		if k.Name() != "loopbridge/echo" {
			t.Errorf("it is called %q", k.Name())
		}
		run(t, k, c, e)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A read that sleeps holds up nobody, answers come in any order, and a signal ends it.
func TestCallsDoNotWaitForEachOther(t *testing.T) {
	serve(t, func(t *testing.T, k *cusetest.Kernel, _ *cuse.Conn, e *echo) {
		f, errno := k.Open(t.Context(), 1, syscall.O_RDWR)
		if errno != 0 {
			t.Fatal(errno)
		}
		ctx, signal := context.WithCancel(t.Context())
		slept := make(chan syscall.Errno)
		go func() {
			_, errno := f.Read(ctx, make([]byte, 4))
			slept <- errno
		}()
		synctest.Wait()
		memory := make([]byte, 200)
		if errno := f.Ioctl(t.Context(), 0x1020, memory); errno != 0 || memory[0] != 16 || memory[31] != 47 {
			t.Error(errno, memory[:40])
		}
		if errno := f.Ioctl(t.Context(), 0, nil); errno != syscall.EINVAL {
			t.Error(errno)
		}
		if errno := f.Ioctl(t.Context(), 0xFF, memory[:10]); errno != syscall.EFAULT {
			t.Error(errno)
		}
		signal()
		if errno := <-slept; errno != syscall.EINTR {
			t.Error(errno)
		}
		f.SetNonblock(true)
		if _, errno := f.Read(t.Context(), memory); errno != syscall.EAGAIN {
			t.Error(errno)
		}
		sent := bytes.Repeat([]byte("loops"), 40000) // in several requests
		if n, errno := f.Write(t.Context(), sent); n != len(sent) || errno != 0 {
			t.Error(n, errno)
		}
		got := make([]byte, len(sent))
		if n, errno := f.Read(t.Context(), got); n != len(sent) || errno != 0 || !bytes.Equal(got, sent) {
			t.Error(n, errno)
		}
		if _, errno := k.Open(t.Context(), 13, 0); errno != syscall.EBUSY {
			t.Error(errno)
		}
		f.Close(t.Context())
		if e.released != 1 {
			t.Errorf("released %d times", e.released)
		}
	})
}

func TestPollWakes(t *testing.T) {
	serve(t, func(t *testing.T, k *cusetest.Kernel, _ *cuse.Conn, _ *echo) {
		f, _ := k.Open(t.Context(), 1, syscall.O_RDWR)
		if events := f.Poll(); events != 0 {
			t.Errorf("%#x", events)
		}
		woken := make(chan uint32)
		go func() { woken <- f.Wait(t.Context()) }()
		synctest.Wait()
		f.Write(t.Context(), []byte("x"))
		if events := <-woken; events != 1 {
			t.Errorf("%#x", events)
		}
	})
}

// Whoever waits when the node is closed gets ECONNRESET, and all files are released.
func TestCloseEndsCalls(t *testing.T) {
	serve(t, func(t *testing.T, k *cusetest.Kernel, c *cuse.Conn, e *echo) {
		f, _ := k.Open(t.Context(), 1, syscall.O_RDWR)
		ended := make(chan syscall.Errno, 2)
		go func() {
			_, errno := f.Read(t.Context(), make([]byte, 4))
			ended <- errno
		}()
		go func() {
			_, errno := k.Open(t.Context(), 1, syscall.O_TRUNC)
			ended <- errno
		}()
		synctest.Wait()
		if len(c.Files()) != 1 {
			t.Errorf("%d files", len(c.Files()))
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		for range 2 {
			if errno := <-ended; errno != syscall.ECONNRESET {
				t.Error(errno)
			}
		}
		if e.released != 1 {
			t.Errorf("released %d times", e.released)
		}
	})
}

// The kernel gives the node up: its module is unloaded, say.
func TestKernelGivesUp(t *testing.T) {
	serve(t, func(t *testing.T, k *cusetest.Kernel, c *cuse.Conn, e *echo) {
		k.Open(t.Context(), 1, syscall.O_RDWR)
		k.Descriptor().Close()
		<-c.Done()
		if !errors.Is(c.Err(), syscall.ENODEV) || e.released != 1 {
			t.Errorf("%v, released %d times", c.Err(), e.released)
		}
	})
}

// A kernel of another kind is refused.
func TestOtherKernels(t *testing.T) {
	for name, packet := range map[string][]byte{
		"nothing":         {},
		"no CUSE":         bytes.Repeat([]byte{0}, 56),
		"another version": append(append([]byte{56, 0, 0, 0, 0, 0x10, 0, 0}, bytes.Repeat([]byte{0}, 32)...), append([]byte{8}, make([]byte, 15)...)...),
	} {
		r := &once{Reader: bytes.NewReader(packet)}
		if _, err := cuse.Serve(r, "x", &echo{}); err == nil || !r.closed {
			t.Errorf("%s: %v, closed %v", name, err, r.closed)
		}
	}
}

type once struct {
	*bytes.Reader
	closed bool
}

func (*once) Write(p []byte) (int, error) { return len(p), nil }
func (o *once) Close() error {
	o.closed = true
	return nil
}

// FuzzRequests: whatever comes, the answers are whole, and nothing is left.
func FuzzRequests(f *testing.F) {
	request := func(op uint32, body ...byte) []byte {
		p := make([]byte, 40)
		binary.NativeEndian.PutUint32(p, uint32(40+len(body)))
		binary.NativeEndian.PutUint32(p[4:], op)
		p[8] = 2
		return append(p, body...)
	}
	for _, op := range []uint32{14, 15, 16, 18, 36, 39, 40, 4096, 7} {
		f.Add(request(op, make([]byte, 40)...))
		f.Add(request(op, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x20, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 1, 0, 0, 0))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		k := cusetest.New()
		c, err := cuse.Serve(k.Descriptor(), "x", &echo{})
		if err != nil {
			t.Fatal(err)
		}
		k.Raw(packet[:min(len(packet), 1<<16)])
		k.Raw(request(14, make([]byte, 8)...)) // it goes on
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

var _ io.ReadWriteCloser = (*once)(nil)
