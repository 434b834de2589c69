package server_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/wire"
)

// raw is a program that speaks the protocol as it likes.
type raw struct {
	testing.TB
	*net.UnixConn
	seq uint32
}

func (r *rig) dial() *raw { r.Helper(); return dial(r, r.Path) }

func dial(t testing.TB, socket string) *raw {
	t.Helper()
	c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &raw{TB: t, UnixConn: c}
}

// ask sends a request.
func (c *raw) ask(request wire.Request) {
	c.Helper()
	c.seq++
	request.Seq = c.seq
	if _, err := c.Write(wire.EncodeRequest(&request)); err != nil {
		c.Fatalf("send: %v", err)
	}
}

func (c *raw) op(op wire.Op) { c.Helper(); c.ask(wire.Request{Header: wire.Header{Op: op}}) }

func (c *raw) open(loop string, o pcm.Options) {
	c.Helper()
	open, err := wire.OpenOf(loop, o)
	if err != nil {
		c.Fatal(err)
	}
	c.ask(wire.Request{Header: wire.Header{Op: wire.OpOpen}, Open: open})
}

// reply receives a reply and its descriptors. io.EOF: the daemon has hung up.
func (c *raw) reply() (r wire.Reply, fds []int, err error) {
	c.Helper()
	packet, rights := make([]byte, wire.MessageBytes+1), make([]byte, 256)
	_ = c.SetReadDeadline(time.Now().Add(hang))
	n, oobn, _, _, err := c.ReadMsgUnix(packet, rights)
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return r, nil, io.EOF
	case err != nil:
		return r, nil, err
	}
	messages, _ := unix.ParseSocketControlMessage(rights[:oobn])
	for i := range messages {
		got, _ := unix.ParseUnixRights(&messages[i])
		fds = append(fds, got...)
	}
	r, err = wire.DecodeReply(packet[:n])
	return r, fds, err
}

// done expects the plain answer.
func (c *raw) done(op wire.Op) {
	c.Helper()
	if r, _, err := c.reply(); err != nil || r.Op != op || r.Errno != 0 || r.Last != 1 {
		c.Fatalf("want Done for %d, got %+v %q, %v", op, r.Header, wire.Text(r.Failure.Text[:]), err)
	}
}

// refused expects the errno, and returns the sentence.
func (c *raw) refused(errno syscall.Errno) string {
	c.Helper()
	r, _, err := c.reply()
	if err != nil || r.Errno != uint32(errno) || r.Last != 1 {
		c.Fatalf("want %v, got %+v, %v", errno, r.Header, err)
	}
	return wire.Text(r.Failure.Text[:])
}

// cutOff expects that the daemon hangs up; replies before that do not matter.
func (c *raw) cutOff() {
	c.Helper()
	for {
		_, fds, err := c.reply()
		for _, fd := range fds {
			unix.Close(fd)
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			c.Fatalf("want the connection to end, got %v", err)
		}
	}
}

// shm is the memory of an end that raw holds.
type shm struct {
	mem  []byte
	bell int
}

// granted expects an end, and maps its memory.
func (c *raw) granted() shm {
	c.Helper()
	r, fds, err := c.reply()
	if err != nil || r.Errno != 0 || len(fds) != 2 {
		c.Fatalf("want an end, got %+v %q, descriptors %v, %v", r.Header, wire.Text(r.Failure.Text[:]), fds, err)
	}
	mem, err := unix.Mmap(fds[0], 0, int(r.Granted.Bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		c.Fatal(err)
	}
	unix.Close(fds[0])
	c.Cleanup(func() {
		unix.Munmap(mem)
		unix.Close(fds[1])
	})
	return shm{mem, fds[1]}
}
