package cuse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
)

// Conn is a node that is served. Any goroutine may call its methods.
type Conn struct {
	kernel io.ReadWriteCloser // a Read is a request, a Write an answer
	device Device

	mu     sync.Mutex
	calls  map[uint64]*call // that have no answer
	files  map[uint64]*open // by fh
	last   uint64           // fh
	closed bool

	free []*call // transfers that have been answered
	idle []*call // whose goroutines wait for a request

	tasks int // calls that run on goroutines of their own

	wait    sync.WaitGroup // calls
	fewer   chan struct{}  // latched: a task has ended
	parked  chan struct{}  // the reader rests: see Hold
	goOn    chan struct{}  // it ends that rest
	quit    chan struct{}  // closed when there are no more
	leave   sync.Once      // closes quit
	done    chan struct{}  // the reader has ended
	failure error          // why it ended; set before done is closed
}

// open is a File and what the kernel calls it.
type open struct {
	File
	fh   uint64
	poll uint64 // what the kernel calls who polls it; 0: nobody has; guarded by Conn.mu

	released bool // and nobody uses it any more; guarded by Conn.mu
}

// Serve makes the node of a name below /dev ("loopbridge/loop0"), and answers what programs ask of it, until Close or
// until the kernel gives it up. kernel is an open /dev/cuse, which it closes; each Read must return one packet. When Serve
// returns without an error the node is there.
func Serve(kernel io.ReadWriteCloser, name string, device Device) (*Conn, error) {
	c := newConn(kernel, device)
	if err := c.begin(name); err != nil {
		kernel.Close()
		return nil, fmt.Errorf("/dev/%s: %w", name, err)
	}
	go c.read()
	return c, nil
}

func newConn(kernel io.ReadWriteCloser, device Device) *Conn {
	return &Conn{
		kernel: kernel, device: device, calls: map[uint64]*call{}, files: map[uint64]*open{},
		done: make(chan struct{}), quit: make(chan struct{}), fewer: make(chan struct{}, 1), parked: make(chan struct{}), goOn: make(chan struct{}),
	}
}

// begin answers the kernel's first request.
func (c *Conn) begin(name string) error {
	packet := make([]byte, maxPacket)
	n, err := c.kernel.Read(packet)
	if err != nil {
		return err
	}
	r, errno, ok := decode(packet[:n])
	switch {
	case !ok || errno != 0 || r.op != opInit:
		return fmt.Errorf("the kernel does not begin as CUSE does")
	case u32(r.body) != majorVersion:
		return fmt.Errorf("the kernel speaks version %d of FUSE, not %d", u32(r.body), majorVersion)
	}
	_, err = c.kernel.Write(initAnswer(r.unique, name))
	return err
}

// Done is closed when the node has gone.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the kernel gave the node up, or nil. Call it after Done.
func (c *Conn) Err() error { return c.failure }

// Close ends all calls with ECONNRESET, releases all files without waiting for what they hold, and removes the node. It
// blocks until that is done.
func (c *Conn) Close() error {
	c.hangUp()
	err := c.kernel.Close()
	<-c.done
	return err
}

// hangUp ends all calls and files.
func (c *Conn) hangUp() {
	c.mu.Lock()
	c.closed = true
	var moving []*call
	for _, each := range c.calls {
		each.over = true
		each.ctx.endLocked()
		if each.moves() && each.file != nil {
			moving = append(moving, each)
		}
	}
	files := c.files
	c.files = nil
	c.mu.Unlock()
	for _, w := range moving {
		w.file.Interrupt(&w.Transfer)
	}
	c.wait.Wait()
	c.leave.Do(func() { close(c.quit) })
	for _, f := range files {
		if !f.released {
			end(f.File)
		}
	}
}

// end releases a file without a wait.
func end(f File) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	(&open{File: f}).forget(f.Release(ended))
}

// forget ends what a release has left that returned an error.
func (f *open) forget(err error) {
	if errnoOf(err) == syscall.EINTR {
		f.Forget()
	}
}

// read takes requests until there are no more.
func (c *Conn) read() {
	defer close(c.done)
	packet := make([]byte, maxPacket)
	for {
		n, err := c.kernel.Read(packet)
		switch {
		case err == nil:
			packet = c.take(packet, n)
			continue
		case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ENOENT): // the request was interrupted before it was read
			continue
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.parked <- struct{}{}
			<-c.goOn
			continue
		}
		c.mu.Lock()
		ours := c.closed
		c.mu.Unlock()
		if !ours {
			c.failure = err
			c.hangUp()
			c.kernel.Close()
		}
		return
	}
}

// take answers a request, or starts what will, and returns a packet for the next one.
func (c *Conn) take(packet []byte, n int) []byte {
	r, errno, ok := decode(packet[:n])
	switch {
	case !ok:
	case errno != 0:
		c.fail(r.unique, errno)
	case r.op == opInterrupt:
		c.interrupt(u64(r.body))
	case r.op == opPoll:
		c.poll(&r)
	default:
		w, spare := c.begins(r, packet)
		switch {
		case w == nil:
		case w.moves():
			c.transfers(w)
		default:
			w.begin <- struct{}{}
		}
		return spare
	}
	return packet
}

// interrupt ends the wait of a call, if it still goes on. The reader calls it, so that no call is used again meanwhile.
func (c *Conn) interrupt(unique uint64) {
	c.mu.Lock()
	running := c.calls[unique]
	if running != nil {
		running.signalled = true
		running.ctx.endLocked()
	}
	c.mu.Unlock()
	if running != nil && running.moves() {
		running.file.Interrupt(&running.Transfer)
	}
}

// finish forgets a call before it is answered, and returns what its error is to the program.
func (c *Conn) finish(w *call, err error) syscall.Errno {
	c.mu.Lock()
	delete(c.calls, w.unique)
	w.shelved = false
	over := w.over
	c.mu.Unlock()
	errno := errnoOf(err)
	if over && errno == syscall.EINTR {
		return syscall.ECONNRESET
	}
	return errno
}

// send writes an answer. One to a request that is no more fails, which is no matter.
func (c *Conn) send(packet []byte) { _, _ = c.kernel.Write(packet) }

// refuse answers a request that comes too late.
func (c *Conn) refuse(unique uint64) { c.fail(unique, syscall.ECONNRESET) }

func (c *Conn) fail(unique uint64, errno syscall.Errno) {
	packet := make([]byte, outHeaderBytes)
	answerHead(packet, unique, errno)
	c.send(packet)
}

// Files returns the open files, in no order.
func (c *Conn) Files() []File {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]File, 0, len(c.files))
	for _, f := range c.files {
		all = append(all, f.File)
	}
	return all
}
