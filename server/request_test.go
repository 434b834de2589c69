package server_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

func serverReads() pcm.Options { return pcm.Options{Role: pcm.Server, Direction: pcm.Read} }

func clientWrites(wait time.Duration) pcm.Options {
	return pcm.Options{Role: pcm.Client, Direction: pcm.Write, Wait: wait}
}

func TestD1_OpenThatWaitsEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(servertest.Guard(t))
	result := make(chan error, 1)
	go func() {
		_, err := client.Open(ctx, r.Path, "loop0", clientWrites(pcm.Forever))
		result <- err
	}()
	servertest.Until(t, "the client to wait", func() bool { return r.Status("loop0").Waiting == 1 })
	cancel()
	servertest.Is(t, <-result, audio.ErrInterrupted)
	r.free("loop0")
}

func TestD1_OpenThatWaitsEndsWithItsProgram(t *testing.T) {
	r := newRig(t)
	for range 3 {
		c := r.dial()
		c.open("loop0", clientWrites(pcm.Forever))
		servertest.Until(t, "the client to wait", func() bool { return r.Status("loop0").Waiting == 1 })
		c.Close()
		r.free("loop0")
	}
	program := prepare(t, helpEnd, order{socket: r.Path, role: pcm.Client, dir: pcm.Write, period: 64, buffer: 256})
	program.begin()
	servertest.Until(t, "the program to wait", func() bool { return r.Status("loop0").Waiting == 1 })
	program.kill()
	r.free("loop0")
}

// The server comes at the moment at which the client gives up: whoever wins, nothing
// is held by nobody.
func TestD1_OpenThatIsGivenUpAsItSucceeds(t *testing.T) {
	r := newRig(t)
	for range 100 {
		c := r.dial()
		c.open("loop0", clientWrites(pcm.Forever))
		servertest.Until(t, "the client to wait", func() bool { return r.Status("loop0").Waiting == 1 })
		go c.Close()
		s := r.open("loop0", serverReads())
		if err := s.Close(servertest.Guard(t)); err != nil {
			t.Fatal(err)
		}
		r.free("loop0")
	}
}

func TestD1_OpenThatWaitsTimesOutInTheDaemon(t *testing.T) {
	r := newRig(t)
	_, err := client.Open(servertest.Guard(t), r.Path, "loop0", clientWrites(time.Millisecond))
	servertest.Is(t, err, audio.ErrTimedOut)
	if !strings.Contains(err.Error(), "waited 1ms") {
		t.Errorf("%q does not say how long", err)
	}
}

// The errno and the sentence are those of the daemon.
func TestErrorsCrossTheWireUnchanged(t *testing.T) {
	r := newRig(t)
	s := r.open("loop0", serverReads())
	defer s.Close(servertest.Guard(t))
	cases := []struct {
		loop  string
		o     pcm.Options
		want  *audio.Error
		errno syscall.Errno
	}{
		{"nowhere", clientWrites(0), audio.ErrNoDevice, syscall.ENODEV},
		{"", clientWrites(0), audio.ErrNoDevice, syscall.ENODEV},
		{"loop1", clientWrites(0), audio.ErrNoServer, syscall.EAGAIN},
		{"loop0", serverReads(), audio.ErrBusy, syscall.EBUSY},
		{"loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Read}, audio.ErrAccess, syscall.EACCES},
		{"loop1", pcm.Options{Role: pcm.Server, Direction: pcm.Read | pcm.Write}, audio.ErrAccess, syscall.EACCES},
		{"loop1", pcm.Options{Role: pcm.Server}, audio.ErrInvalid, syscall.EINVAL},
		{"loop1", pcm.Options{Direction: pcm.Read}, audio.ErrInvalid, syscall.EINVAL},
		{"loop1", pcm.Options{Role: pcm.Server, Direction: pcm.Read, Format: audio.Format{Rate: 999}}, audio.ErrInvalid, syscall.EINVAL},
		{"loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Format: audio.Format{Channels: 65}}, audio.ErrInvalid, syscall.EINVAL},
	}
	for _, c := range cases {
		_, here := r.Bay.Open(servertest.Guard(t), c.loop, c.o)
		_, there := client.Open(servertest.Guard(t), r.Path, c.loop, c.o)
		if !errors.Is(there, c.want) || !errors.Is(there, c.errno) || there.Error() != here.Error() {
			t.Errorf("%s %+v:\n over the wire %v\nin the daemon %v\nwant %v", c.loop, c.o, there, here, c.want)
		}
	}
	// A sentence longer than the field is cut, not lost.
	_, err := client.Open(servertest.Guard(t), r.Path, strings.Repeat("\x01", wire.NameBytes-1), clientWrites(0))
	servertest.Is(t, err, audio.ErrNoDevice)
}

func TestRequestsOutOfOrder(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	for _, op := range []wire.Op{wire.OpStart, wire.OpHalt, wire.OpDrain, wire.OpSetup, wire.OpClose} {
		c := r.dial()
		c.op(op)
		if text := c.refused(syscall.EPROTO); text != "open an end first" {
			t.Errorf("%d: %q", op, text)
		}
		c.cutOff()
	}
	c := r.dial()
	c.open("loop0", serverReads())
	c.granted()
	c.open("loop1", serverReads())
	if text := c.refused(syscall.EPROTO); text != "a connection opens one end only" {
		t.Errorf("two opens: %q", text)
	}
	c.cutOff()
	r.free("loop0")

	c = r.dial() // the second one while the first is under way
	c.open("loop0", clientWrites(pcm.Forever))
	c.open("loop0", serverReads())
	c.cutOff()
	r.free("loop0")
	by.goesOn()
}

func TestInfoComesBeforeOpenAndAfterIt(t *testing.T) {
	r := newRig(t)
	c := r.dial()
	for range 2 {
		c.device(wire.OpInfo, "loop1")
		c.state(wire.OpInfo, "loop1")
		if c.seq < 2 {
			c.open("loop0", serverReads())
			c.granted()
		}
	}
}

// stuck is a client whose writing nobody reads: its drains do not end.
func (r *rig) stuck() (*raw, shm) {
	r.Helper()
	r.Cleanup(func() { r.free("loop0") })
	s := r.open("loop0", serverReads())
	r.Cleanup(s.Abandon)
	c := r.dial()
	c.open("loop0", clientWrites(0))
	m := c.granted()
	m.put("program", 100)
	c.op(wire.OpStart)
	servertest.Until(r, "the start", func() bool { return m.get("starts") == 1 })
	return c, m
}

func TestAsManyRequestsAsAreAllowed(t *testing.T) {
	r := newRig(t)
	c, _ := r.stuck()
	for range wire.MaxPending {
		c.op(wire.OpDrain)
	}
	c.op(wire.OpHalt) // answered at once; ends the drains
	answers := map[wire.Op]int{}
	for range wire.MaxPending + 1 {
		reply, _, err := c.reply()
		if err != nil {
			t.Fatal(err)
		}
		answers[reply.Op]++
		if errno := syscall.Errno(reply.Errno); errno != 0 && reply.Op == wire.OpHalt || errno != syscall.EINTR && reply.Op == wire.OpDrain {
			t.Errorf("an answer with %v", errno)
		}
	}
	if answers[wire.OpDrain] != wire.MaxPending || answers[wire.OpHalt] != 1 {
		t.Errorf("answers: %v", answers)
	}
	c.Close()
}

// TestRequestsTakeEffectInTheirOrder: who has the answer to one knows that the daemon has
// acknowledged those before it, also a drain whose own answer is still to come.
func TestRequestsTakeEffectInTheirOrder(t *testing.T) {
	r := newRig(t)
	c, m := r.stuck()
	for round := uint64(1); round <= 300; round++ {
		c.op(wire.OpDrain)
		c.op(wire.OpPause) // that is: go on
		c.done(wire.OpPause)
		if !r.Status("loop0").Client.Draining {
			t.Fatalf("in round %d the daemon does not know of the drain", round)
		}
		c.op(wire.OpHalt)
		for range 2 {
			if reply, _, err := c.reply(); err != nil || reply.Op == wire.OpDrain && syscall.Errno(reply.Errno) != syscall.EINTR {
				t.Fatalf("in round %d: %+v, %v", round, reply.Header, err)
			}
		}
		m.put("program", 100*(round+1))
		c.op(wire.OpStart)
	}
}

func TestMoreRequestsThanAreAllowed(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	c, _ := r.stuck()
	for range wire.MaxPending + 1 {
		c.op(wire.OpDrain)
	}
	if text := c.refused(syscall.EPROTO); text != "more than 8 requests without an answer" {
		t.Errorf("%q", text)
	}
	c.cutOff()
	by.goesOn()
}

// D16: what was written is delivered although the connection died in the middle of
// the calls that wait for that.
func TestD16_ConnectionDiesWhileDrainAndCloseArePending(t *testing.T) {
	for _, op := range []wire.Op{wire.OpDrain, wire.OpClose} {
		t.Run("", func(t *testing.T) {
			r := newRig(t)
			s := r.open("loop0", serverReads())
			defer s.Abandon()
			c := r.dial()
			c.open("loop0", clientWrites(0))
			m := c.granted()
			for i := range 100 {
				m.mem[4096+4*i] = byte(i)
			}
			m.put("program", 100)
			c.op(wire.OpStart)
			c.op(op)
			if op == wire.OpClose {
				servertest.Until(t, "the close", func() bool { return r.Status("loop0").Client.Gone })
			}
			c.Close()
			got := make([]byte, 4*200)
			n, err := s.Read(servertest.Guard(t), got)
			if n != 100 || err != nil || got[4*99] != 99 {
				t.Errorf("read %d frames, %v, want the 100 that were written", n, err)
			}
			_, err = s.Read(servertest.Guard(t), got)
			servertest.Is(t, err, audio.ErrReset)
		})
	}
}

func TestRequestsAfterClose(t *testing.T) {
	r := newRig(t)
	for _, op := range []wire.Op{wire.OpStart, wire.OpHalt, wire.OpDrain, wire.OpSetup, wire.OpClose} {
		c := r.dial()
		c.open("loop0", serverReads())
		c.granted()
		c.op(wire.OpClose)
		c.done(wire.OpClose)
		c.op(op)
		c.refused(syscall.EBADF)
		c.Close()
	}
	r.free("loop0")
}

// A program that leaves its bell alone, makes it blocking, and writes to it.
func TestBellCannotStopTheEngine(t *testing.T) {
	r := newRig(t)
	by := newBystander(t, r.Path)
	c := r.dial()
	c.open("loop0", serverReads())
	m := c.granted()
	c.op(wire.OpStart)
	if err := unix.SetNonblock(m.bell, false); err != nil {
		t.Fatal(err)
	}
	full := []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if n, err := unix.Write(m.bell, full); err == nil {
		t.Errorf("the program could write %d bytes to its bell", n)
	}
	w := r.open("loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Period: 48})
	go w.Write(servertest.Guard(t), make([]byte, 4*48000))
	for round := range 50 { // rings that nobody hears, and that somebody does
		m.put("wake", m.get("daemon")+1)
		servertest.Until(t, "the bell", func() bool {
			var event [1]unix.EpollEvent
			n, err := unix.EpollWait(m.bell, event[:], 0)
			return n == 1 || err != nil || round%2 == 0
		})
	}
	w.Abandon()
	c.Close()
	by.goesOn()
}
