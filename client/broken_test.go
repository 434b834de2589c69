package client_test

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

// Daemons that answer Open with something else than an end: an error, no servertest.Hang, no
// panic, and nothing is left of what came with the answer.
func TestAnswersThatAreNoEnd(t *testing.T) {
	type change = func(reply *wire.Reply, mem []byte, fds *[]int)
	cases := []struct {
		name   string
		change change
		want   *audio.Error
	}{
		{"one descriptor", func(_ *wire.Reply, _ []byte, fds *[]int) { *fds = (*fds)[:1] }, audio.ErrProtocol},
		{"no descriptor", func(_ *wire.Reply, _ []byte, fds *[]int) { *fds = nil }, audio.ErrProtocol},
		{"four descriptors", func(_ *wire.Reply, _ []byte, fds *[]int) { *fds = append(*fds, *fds...) }, audio.ErrProtocol},
		{"descriptors in the wrong order", func(_ *wire.Reply, _ []byte, fds *[]int) { (*fds)[0], (*fds)[1] = (*fds)[1], (*fds)[0] }, audio.ErrProtocol},
		{"no memory", func(r *wire.Reply, _ []byte, _ *[]int) { r.Granted.Bytes = 0 }, audio.ErrNoMemory},
		{"more memory than there is address space", func(r *wire.Reply, _ []byte, _ *[]int) { r.Granted.Bytes = 1 << 63 }, audio.ErrNoMemory},
		{"memory without frames", func(r *wire.Reply, _ []byte, _ *[]int) { r.Granted.Bytes = 4096 }, audio.ErrProtocol},
		{"another magic", func(_ *wire.Reply, mem []byte, _ *[]int) { mem[0]++ }, audio.ErrProtocol},
		{"another layout", func(_ *wire.Reply, mem []byte, _ *[]int) { mem[4]++ }, audio.ErrProtocol},
		{"a capacity beyond the memory", func(_ *wire.Reply, mem []byte, _ *[]int) { mem[10] = 1 }, audio.ErrProtocol},
		{"no encoding", func(_ *wire.Reply, mem []byte, _ *[]int) { mem[24] = 99 }, audio.ErrProtocol},
		{"a refusal with descriptors", func(r *wire.Reply, _ []byte, _ *[]int) { r.Errno = uint32(syscall.EBUSY) }, audio.ErrBusy},
		{"an errno that is in no table", func(r *wire.Reply, _ []byte, fds *[]int) { r.Errno, *fds = uint32(syscall.EXDEV), nil }, audio.ErrIO},
		{"two answers", func(r *wire.Reply, _ []byte, _ *[]int) { r.Seq++ }, audio.ErrReset}, // nobody asked
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := fakeDaemon(t, func(conn *net.UnixConn, r *wire.Request) {
				grant(t, conn, r, c.change)
				conn.CloseWrite()
			})
			_, err := client.Open(servertest.Guard(t), path, "loop0", serverThat(pcm.Read))
			servertest.Is(t, err, c.want)
		})
	}
}

func TestAnswersThatAreNoMessages(t *testing.T) {
	good := wire.EncodeReply(&wire.Reply{Header: wire.Header{Op: wire.OpOpen, Seq: 1, Last: 1}})
	newer := append([]byte(nil), good...)
	newer[2]++
	for name, c := range map[string]struct {
		packet []byte
		want   *audio.Error
		says   string
	}{
		"another version":     {newer, audio.ErrProtocol, "the other side speaks protocol version 3"},
		"half a message":      {good[:100], audio.ErrReset, ""},
		"more than a message": {append(good[:wire.MessageBytes:wire.MessageBytes], 0), audio.ErrReset, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := fakeDaemon(t, func(conn *net.UnixConn, _ *wire.Request) { _, _ = conn.Write(c.packet) })
			_, err := client.Open(servertest.Guard(t), path, "loop0", serverThat(pcm.Read))
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v %s", err, c.want, c.says)
			}
		})
	}
}

// The last words of a daemon that hangs up before it has read everything: the kernel
// reports the reset first, and the words after it.
func TestSentenceBeforeTheHangUp(t *testing.T) {
	path := fakeDaemon(t, func(c *net.UnixConn, r *wire.Request) {
		switch r.Op {
		case wire.OpOpen:
			grant(t, c, r, nil)
		case wire.OpStart: // the next one is Halt, and is never read
			raw, err := c.SyscallConn()
			if err == nil {
				err = raw.Read(func(fd uintptr) bool {
					n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
					return n > 0 || err != unix.EAGAIN
				})
			}
			if err != nil {
				t.Error(err)
			}
			reply := wire.Reply{Header: wire.Header{Op: wire.OpHalt, Seq: r.Seq + 1, Errno: uint32(syscall.EBUSY), Last: 1}}
			wire.Put(reply.Failure.Text[:], "last words")
			_, _ = c.Write(wire.EncodeReply(&reply))
			c.Close()
		}
	})
	for range 20 {
		p, err := client.Open(servertest.Guard(t), path, "loop0", serverThat(pcm.Read))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Poll(1); err != nil {
			t.Error(err)
		}
		if err := p.Halt(servertest.Guard(t)); !errors.Is(err, audio.ErrBusy) || err.Error() != "last words" {
			t.Errorf("halt: %v, want the last words", err)
		}
		p.Abandon()
	}
}

// A program that has no descriptors left is told so, and can try again.
func TestProgramWithoutDescriptors(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	set := func(files uint64) {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: limit.Max}); err != nil {
			t.Error(err)
		}
	}
	defer set(limit.Cur)
	const standard = 3 // of which each is taken
	path := fakeDaemon(t, func(c *net.UnixConn, r *wire.Request) {
		grant(t, c, r, func(*wire.Reply, []byte, *[]int) { set(standard) })
	})
	for _, when := range []string{"at the answer", "at the connect"} {
		_, err := client.Open(servertest.Guard(t), path, "loop0", serverThat(pcm.Read))
		if !errors.Is(err, audio.ErrNoMemory) || !strings.Contains(err.Error(), "this program has no descriptors left") {
			t.Errorf("%s: %v", when, err)
		}
	}
	set(limit.Cur)
}
