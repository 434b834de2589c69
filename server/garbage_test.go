package server_test

import (
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

// works checks that a loop does what it should for honest programs.
func (r *rig) works(name string) {
	r.Helper()
	r.free(name)
	s, c := r.open(name, serverReads()), r.open(name, clientWrites(0))
	if _, err := c.Write(servertest.Guard(r), make([]byte, 4*480)); err != nil {
		r.Fatal(err)
	}
	if n, err := s.Read(servertest.Guard(r), make([]byte, 4*480)); n != 480 || err != nil {
		r.Fatalf("read %d frames, %v", n, err)
	}
	if err := c.Close(servertest.Guard(r)); err != nil {
		r.Fatal(err)
	}
	if err := s.Close(servertest.Guard(r)); err != nil {
		r.Fatal(err)
	}
	r.free(name)
}

// Packets of every size, from programs that hold nothing and from one that holds an
// end.
func TestGarbageOfEverySize(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	random := rand.NewChaCha8([32]byte{1})
	sizes := []int{600, 1023, 4096, 65536, 150000}
	for n := range wire.MessageBytes + 2 {
		if n < 40 || n%37 == 0 || n > wire.MessageBytes-3 {
			sizes = append(sizes, n)
		}
	}
	for _, n := range sizes {
		packet := make([]byte, n)
		random.Read(packet)
		for _, holds := range []bool{false, true} {
			c := r.dial()
			if holds {
				c.open("loop0", serverReads())
				c.granted()
			}
			if _, err := unix.SendmsgN(c.descriptor(), packet, nil, nil, 0); err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if n > 0 { // none looks like the end to the daemon
				c.refused(syscall.EPROTO)
			}
			c.cutOff()
			c.Close()
			r.free("loop0")
		}
	}
	r.works("loop0")
	by.goesOn()
}

// descriptor is the number of the socket, which stays the connection's.
func (c *raw) descriptor() (fd int) {
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(n uintptr) { fd = int(n) })
	}
	if err != nil {
		c.Fatal(err)
	}
	return fd
}

// Messages of the right size and version with anything in the fields: most are
// refused, some open an end; nothing stays.
func TestGarbageInTheFields(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		c := r.dial()
		for range 1 + random.IntN(6) {
			packet := make([]byte, wire.MessageBytes)
			for i := range packet {
				packet[i] = byte(random.Uint32())
			}
			packet[0], packet[1] = byte(random.IntN(15)), 0 // the op
			packet[2], packet[3] = wire.Version, 0
			if random.IntN(2) == 0 {
				name := []string{"loop0", "loop1", "no\xffloop"}[random.IntN(3)]
				wire.Put(packet[16:16+wire.NameBytes], name)
				packet[80], packet[84] = byte(random.IntN(4)), byte(random.IntN(5)) // role, direction
				clear(packet[81:84])
				clear(packet[85 : 84+4+12]) // the format: the loop's
				clear(packet[100:120])
				packet[112] = byte(random.IntN(2)) // wait
			}
			if _, err := c.Write(packet); err != nil {
				break // cut off already
			}
		}
		c.Close()
	}
	r.works("loop0")
	r.works("loop1")
	by.goesOn()
}

func TestProgramOfAnotherVersion(t *testing.T) {
	r := newRig(t)
	c := r.dial()
	packet := wire.EncodeRequest(&wire.Request{Header: wire.Header{Op: wire.OpInfo, Seq: 77}})
	packet[2] = wire.Version + 1
	if _, err := c.Write(packet); err != nil {
		t.Fatal(err)
	}
	reply, _, err := c.reply()
	const want = "the other side speaks protocol version 3, this one version 2: use the same release of both"
	if err != nil || reply.Seq != 77 || reply.Version != wire.Version || reply.Errno != uint32(syscall.EPROTO) || wire.Text(reply.Failure.Text[:]) != want {
		t.Errorf("%+v %q, %v", reply.Header, wire.Text(reply.Failure.Text[:]), err)
	}
	c.cutOff()
}

// Descriptors with a message: refused, and closed by the kernel.
func TestDescriptorsFromAProgram(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	for _, holds := range []bool{false, true} {
		c := r.dial()
		if holds {
			c.open("loop0", serverReads())
			c.granted()
		}
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		fd := int(out.Fd())
		packet := wire.EncodeRequest(&wire.Request{Header: wire.Header{Op: wire.OpInfo}})
		if _, _, err := c.WriteMsgUnix(packet, unix.UnixRights(fd, fd, fd), nil); err != nil {
			t.Fatal(err)
		}
		if text := c.refused(syscall.EPROTO); text != "a program must not send descriptors" {
			t.Errorf("%q", text)
		}
		c.cutOff()
		out.Close()
		if n, err := in.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("somebody still holds the descriptor: %d, %v", n, err)
		}
		in.Close()
	}
	r.free("loop0")
	by.goesOn()
}

// A program that asks and asks and never reads its replies is cut off, holds up
// nobody, and costs no more memory than its socket has.
func TestRepliesThatNobodyReads(t *testing.T) {
	r := newRig(t, func(s *server.Server) { s.Hurry(hang, 50*time.Millisecond) })
	by := newBystander(t, r.Path)
	flood := func(c *raw, op wire.Op) func() {
		return func() {
			packet := wire.EncodeRequest(&wire.Request{Header: wire.Header{Op: op}})
			for {
				if _, err := c.Write(packet); err != nil {
					return // EPIPE: cut off
				}
			}
		}
	}
	var wait sync.WaitGroup
	for _, loop := range []string{"loop0", "loop1"} {
		holder, waiter := r.dial(), r.dial()
		holder.open(loop, serverReads())
		holder.granted()
		wait.Go(flood(holder, wire.OpSetup)) // the replies have descriptors
		waiter.open(loop, clientWrites(0))   // it will not take what it is granted
		wait.Go(flood(waiter, wire.OpInfo))
		wait.Go(flood(r.dial(), wire.OpInfo))
	}
	wait.Wait()
	servertest.Until(t, "all of them to be cut off", func() bool { return r.Connections() == 2 })
	r.works("loop0")
	r.works("loop1")
	by.goesOn()
}

// A program that connects and says nothing is sent away some time.
func TestProgramsThatSayNothing(t *testing.T) {
	r := newRig(t, func(s *server.Server) { s.Hurry(3*time.Second, hang) }) // which is enough for those who talk
	by := newBystander(t, r.Path)
	var silent []*raw
	for range 200 {
		silent = append(silent, r.dial())
	}
	talks := r.dial()
	talks.open("loop0", clientWrites(pcm.Forever))
	if err := servertest.Answers(servertest.Guard(t), r.Path); err != nil {
		t.Error(err)
	}
	for _, c := range silent {
		c.cutOff()
	}
	servertest.Until(t, "the silent ones to be forgotten", func() bool { return r.Connections() == 3 })
	if r.Status("loop0").Waiting != 1 {
		t.Error("one that had asked for something was sent away, too")
	}
	talks.Close()
	r.works("loop0")
	by.goesOn()
}

// Many programs that open, move a frame or none, and close, all at once.
func TestOpenAndCloseInAHammer(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			loop := []string{"loop0", "loop1"}[i%2]
			for n := range rounds {
				o := pcm.Options{Role: pcm.Role(1 + n%2), Direction: pcm.Read | pcm.Write, Period: 48, Buffer: 96, Nonblock: true}
				if o.Role == pcm.Server {
					o.Direction = audio.Direction(1 + (n+i)/2%2)
				}
				p, err := client.Open(servertest.Guard(t), r.Path, loop, o)
				if err != nil {
					continue // busy, or no server
				}
				if p.Role() == pcm.Client && n%4 < 2 {
					_, _ = p.Write(servertest.Guard(t), make([]byte, 4*10))
					_, _ = p.Read(servertest.Guard(t), make([]byte, 4*10))
				} else {
					_, _ = p.Poll(1)
				}
				if n%3 == 0 {
					p.Abandon()
				} else {
					_ = p.Close(servertest.Guard(t))
				}
			}
		})
	}
	wait.Wait()
	r.works("loop0")
	r.works("loop1")
	by.goesOn()
}
