package client_test

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/wire"
)

// fakeDaemon answers each packet as the test likes.
func fakeDaemon(t *testing.T, answer func(c *net.UnixConn, r *wire.Request)) (path string) {
	t.Helper()
	before := measure(t)
	t.Cleanup(func() { settlesTo(t, before) })
	dir, err := os.MkdirTemp("", "lb")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "s")
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		wait.Wait()
		os.RemoveAll(dir)
	})
	wait.Go(func() {
		for {
			c, err := l.AcceptUnix()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer c.Close()
				packet := make([]byte, 1024)
				for {
					n, err := c.Read(packet)
					if err != nil {
						return
					}
					if r, err := wire.DecodeRequest(packet[:n]); err == nil && answer != nil {
						answer(c, &r)
					}
				}
			})
		}
	})
	return path
}

// deafDaemon answers nothing, but for Open if it grants that.
func deafDaemon(t *testing.T, grants bool) string {
	return fakeDaemon(t, func(c *net.UnixConn, r *wire.Request) {
		if grants && r.Op == wire.OpOpen {
			grant(t, c, r, nil)
		}
	})
}

// grant answers with the ring of a server that reads; change may spoil it.
func grant(t *testing.T, c *net.UnixConn, r *wire.Request, change func(reply *wire.Reply, mem []byte, fds *[]int)) {
	spec := ring.Spec{Format: audio.DefaultFormat(), Capacity: 960}
	memfd, err := unix.MemfdCreate("loopbridge", unix.MFD_CLOEXEC)
	if err == nil {
		err = unix.Ftruncate(memfd, int64(spec.Bytes()))
	}
	if err != nil {
		t.Error(err)
		return
	}
	mem, err := unix.Mmap(memfd, 0, spec.Bytes(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Error(err)
		return
	}
	defer unix.Munmap(mem)
	if _, err := ring.New(mem, spec); err != nil {
		t.Error(err)
	}
	bell, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Error(err)
		return
	}
	fds := []int{memfd, bell}
	reply := wire.Reply{
		Header:  wire.Header{Op: r.Op, Seq: r.Seq, Last: 1},
		Granted: wire.Granted{Direction: wire.DirectionOf(pcm.Read), Period: 96, Buffer: 960, Bytes: uint64(spec.Bytes())},
	}
	if change != nil {
		change(&reply, mem, &fds)
	}
	if _, _, err := c.WriteMsgUnix(wire.EncodeReply(&reply), unix.UnixRights(fds...), nil); err != nil {
		t.Error(err)
	}
	unix.Close(memfd)
	unix.Close(bell)
}
