package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// daemonChild starts a daemon in another process.
func daemonChild(t *testing.T, o order) *child {
	t.Helper()
	c := prepare(t, helpDaemon, o)
	c.begin()
	if line, err := bufio.NewReader(c.out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the daemon says %q, %v", line, err)
	}
	return c
}

// victims are programs of a daemon that is about to be killed, in all the calls that
// can sleep. Each reports how its call ended.
type victims struct {
	*testing.T
	ctx    context.Context
	socket string
	ended  chan string // "" or what was wrong
	n      int
}

// sleeps starts a call that is expected to fail with ErrReset.
func (v *victims) sleeps(name string, call func() error) {
	v.n++
	go func() {
		err := call()
		switch {
		case errors.Is(err, audio.ErrReset) && errors.Is(err, syscall.ECONNRESET):
			v.ended <- ""
		default:
			v.ended <- fmt.Sprintf("%s: %v, want ECONNRESET", name, err)
		}
	}()
}

func (v *victims) open(loop string, o pcm.Options) *pcm.PCM {
	v.Helper()
	p, err := client.Open(v.ctx, v.socket, loop, o)
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(p.Abandon)
	return p
}

// listed waits until the daemon shows it.
func (v *victims) listed(what string, f func(l *api.Loop, server, client string) bool) {
	v.Helper()
	servertest.Until(v, what, func() bool {
		loops, err := control.New(v.socket).Loops(v.ctx)
		if err != nil {
			v.Fatal(err)
		}
		return slices.ContainsFunc(loops, func(l api.Loop) bool {
			server, client := l.Ends()
			return f(&l, server.State, client.State)
		})
	})
}

// D13: kill -9 of the daemon. Nothing that a program is in hangs; a restarted daemon
// takes over the socket, and everything works again.
func TestKilledDaemon(t *testing.T) {
	noLeaks(t)
	o := order{socket: servertest.Socket(t)}
	daemon := daemonChild(t, o)
	v := &victims{T: t, ctx: servertest.Guard(t), socket: o.socket, ended: make(chan string, 20)}

	// loop0: a server that was opened and never started, whose client fills its ring
	// and sleeps; that client's drain.
	_ = v.open("loop0", serverReads())
	writer := v.open("loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Period: 48, Buffer: 96})
	v.sleeps("write", func() error {
		for {
			if _, err := writer.Write(v.ctx, make([]byte, 4*48)); err != nil {
				return err
			}
		}
	})
	servertest.Until(t, "the ring to be full", func() bool { return writer.Delay() == 96 })
	v.sleeps("drain", func() error { return writer.Drain(v.ctx) })
	// Those that wait for their turn wait for a daemon then.
	patient, lose := context.WithCancel(v.ctx)
	defer lose()
	waited := make(chan error, 3)
	for range 3 {
		go func() {
			_, err := client.Open(patient, o.socket, "loop0", clientWrites(pcm.Forever))
			waited <- err
		}()
	}
	v.listed("three to wait", func(l *api.Loop, _, _ string) bool { return l.Name == "loop0" && l.Waiting == 3 })

	// loop1: a server in its pause.
	paused := v.open("loop1", pcm.Options{Role: pcm.Server, Direction: pcm.Write})
	v.sleeps("write of a server in its pause", func() error {
		_, err := paused.Write(v.ctx, make([]byte, 4))
		return err
	})

	// other: a running session; the reader takes more than there will ever be.
	reader := v.open("other", serverReads())
	v.sleeps("read", func() error {
		block := make([]byte, 4*480)
		for {
			if _, err := reader.Read(v.ctx, block); err != nil {
				return err
			}
		}
	})
	// Its writer stops after a while and waits for room that it has not.
	source := v.open("other", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	v.sleeps("wait", func() error {
		for {
			events, err := source.Wait(v.ctx, 480)
			if err != nil {
				return err
			}
			if events&pcm.Hangup != 0 {
				_, err := source.Write(v.ctx, make([]byte, 4))
				return err
			}
			if _, err := source.Write(v.ctx, make([]byte, 4*480)); err != nil {
				return err
			}
		}
	})
	v.listed("all to have started", func(l *api.Loop, server, client string) bool {
		return l.Name == "other" && server == ring.Running.String() && client == ring.Running.String()
	})
	v.listed("the pause", func(l *api.Loop, server, _ string) bool { return l.Name == "loop1" && server == ring.Armed.String() })

	daemon.kill()
	for range v.n {
		if wrong := <-v.ended; wrong != "" {
			t.Error(wrong)
		}
	}
	if len(waited) > 0 {
		t.Errorf("an open with wait ended: %v", <-waited)
	}
	lose()
	for range 3 {
		servertest.Is(t, <-waited, audio.ErrInterrupted)
	}

	// What they call now fails at once, too.
	servertest.Is(t, writer.Drain(v.ctx), audio.ErrReset)
	servertest.Is(t, reader.Halt(v.ctx), audio.ErrReset)
	servertest.Is(t, paused.Setup(v.ctx, pcm.Setup{Format: audio.Format{Rate: 8000}}), audio.ErrReset)
	_, err := reader.Read(v.ctx, make([]byte, 4))
	servertest.Is(t, err, audio.ErrReset)
	if events, err := reader.Poll(1); events != pcm.Readable|pcm.Hangup || err != nil {
		t.Errorf("poll: %v, %v", events, err)
	}
	servertest.Is(t, writer.Close(v.ctx), audio.ErrReset) // its frames are lost
	if err := paused.Close(v.ctx); err != nil {
		t.Errorf("close with nothing to lose: %v", err)
	}
	_, err = client.Open(v.ctx, o.socket, "loop0", serverReads())
	servertest.Is(t, err, audio.ErrNoDaemon)

	again := daemonChild(t, o)
	s := v.open("loop0", serverReads())
	c := v.open("loop0", clientWrites(0))
	if _, err := c.Write(v.ctx, make([]byte, 4*480)); err != nil {
		t.Error(err)
	}
	if n, err := s.Read(v.ctx, make([]byte, 4*480)); n != 480 || err != nil {
		t.Errorf("with the new daemon: %d frames, %v", n, err)
	}
	again.kill()
}

// D13: what was given to a reader before the daemon died can still be read.
func TestD13_FramesSurviveTheirDaemon(t *testing.T) {
	noLeaks(t)
	o := order{socket: servertest.Socket(t)}
	daemon := daemonChild(t, o)
	v := &victims{T: t, ctx: servertest.Guard(t), socket: o.socket}
	s, c := v.open("loop0", serverReads()), v.open("loop0", clientWrites(0))
	// A read of more than there will be sleeps until half of the buffer is full.
	result := make(chan error, 1)
	got := make([]byte, 4*16000)
	var n int
	go func() {
		var err error
		n, err = s.Read(v.ctx, got)
		result <- err
	}()
	v.listed("the read to begin", func(_ *api.Loop, server, _ string) bool { return server == ring.Armed.String() })
	block := make([]byte, 4*1000)
	for i := range block {
		block[i] = byte(i/4) | 1
	}
	if _, err := c.Write(v.ctx, block); err != nil {
		t.Fatal(err)
	}
	if err := c.Drain(v.ctx); err != nil { // the daemon has given them
		t.Fatal(err)
	}
	daemon.kill()
	if err := <-result; err != nil || n < 1000 || string(got[:4*1000]) != string(block) {
		t.Errorf("read %d frames, %v", n, err)
	}
	_, err := s.Read(v.ctx, got)
	servertest.Is(t, err, audio.ErrReset)
}
