package server_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// Small rings: a killed writer's last frames take milliseconds to be delivered.
const (
	killPeriod = 64
	killBuffer = 256
)

// kills is how many programs die, of each role, in each direction.
func kills(t *testing.T) int {
	if testing.Short() {
		t.Log("with -short 5 programs are killed here instead of 250")
		return 5
	}
	return 250
}

// survivor is the end in this process whose partners are killed. It checks the
// numbered pattern that they write, or writes it.
type survivor struct {
	*rig
	*pcm.PCM
	ctx     context.Context
	counter backendtest.Counter
	block   []byte
	moved   uint64 // frames in this session
}

func (r *rig) survivor(p *pcm.PCM) *survivor {
	r.Cleanup(p.Abandon)
	return &survivor{rig: r, PCM: p, ctx: servertest.Guard(r), counter: backendtest.NewCounter(p.Format()), block: make([]byte, killPeriod*p.Format().FrameBytes())}
}

// move reads and checks a block, or writes one.
func (s *survivor) move() error {
	if s.Direction() == pcm.Write {
		s.counter.Fill(s.block, s.moved)
		n, err := s.Write(s.ctx, s.block)
		s.moved += uint64(n)
		return err
	}
	n, err := s.Read(s.ctx, s.block)
	s.check(s.block[:4*n])
	return err
}

// check allows for what a real-time line does to programs that are late: silence in
// between, and frames that are left out if that was counted. No frame comes twice,
// none is torn, and none is left out otherwise.
func (s *survivor) check(block []byte) {
	s.Helper()
	for ; len(block) > 0; block = block[4:] {
		if [4]byte(block) == [4]byte{} {
			continue // no frame of the pattern is silent
		}
		bad, err := s.counter.Check(block[:4], s.moved)
		if bursts, _ := s.Xruns(); bad >= 0 && bursts > 0 {
			ahead := (s.counter.Number(block) - s.moved) % s.counter.Span()
			if ahead < s.counter.Span()/2 {
				s.moved += ahead
				bad, err = s.counter.Check(block[:4], s.moved)
			}
		}
		if bad >= 0 {
			s.Fatal(err)
		}
		s.moved++
	}
}

// flows moves frames until more have crossed than rings can hold.
func (s *survivor) flows() {
	s.Helper()
	for s.moved = 0; s.moved < 3*killBuffer; {
		if err := s.move(); err != nil {
			s.Fatalf("frame %d: %v", s.moved, err)
		}
	}
}

// ends moves frames until the end of the stream.
func (s *survivor) ends() {
	s.Helper()
	for {
		switch err := s.move(); {
		case err == nil:
		case errors.Is(err, audio.ErrReset) && errors.Is(err, syscall.ECONNRESET):
			return
		default:
			s.Fatalf("frame %d: %v, want ECONNRESET", s.moved, err)
		}
	}
}

// D13, D14, D16: kill -9 of a client, again and again while audio flows. The server
// gets all that was written, then ECONNRESET; after Halt the next client, which
// waits already, is let in.
func TestKilledClients(t *testing.T) {
	for _, dir := range []audio.Direction{pcm.Read, pcm.Write} {
		t.Run(fmt.Sprintf("that_%s", dir), func(t *testing.T) {
			r := newRig(t)
			by := newBystander(t, r.Path)
			n := kills(t)
			o := order{socket: r.Path, role: pcm.Client, dir: dir, period: killPeriod, buffer: killBuffer}
			s := r.survivor(r.open("loop0", pcm.Options{Role: pcm.Server, Direction: dir.Opposite(), Period: killPeriod, Buffer: killBuffer}))
			before, heapBefore := measure(t), heap()
			program, next := prepare(t, helpEnd, o), prepare(t, helpEnd, o)
			program.begin()
			for i := range n {
				s.flows()
				next.begin()
				servertest.Until(t, "the next one to wait", func() bool { return r.Status("loop0").Waiting == 1 })
				program.kill()
				s.ends()
				if err := s.Halt(s.ctx); err != nil {
					t.Fatalf("halt after kill %d: %v", i, err)
				}
				program, next = next, prepare(t, helpEnd, o)
			}
			program.kill()
			next.kill()
			s.Abandon()
			r.free("loop0")
			before.goroutines, before.descriptors, before.mappings = before.goroutines-2, before.descriptors-3, before.mappings-2 // the survivor
			r.nothingLeft(before, heapBefore)
			by.goesOn()
		})
	}
}

// D13, D6: kill -9 of a server. The client gets all that was written, then
// ECONNRESET; the loop is free for the next server and a new client.
func TestKilledServers(t *testing.T) {
	for _, dir := range []audio.Direction{pcm.Read, pcm.Write} {
		t.Run(fmt.Sprintf("that_%s", dir), func(t *testing.T) {
			r := newRig(t)
			by := newBystander(t, r.Path)
			n := kills(t)
			o := order{socket: r.Path, role: pcm.Server, dir: dir, period: killPeriod, buffer: killBuffer}
			before, heapBefore := measure(t), heap()
			program := prepare(t, helpEnd, o)
			program.begin()
			for i := range n {
				next := prepare(t, helpEnd, o)
				p, err := client.Open(servertest.Guard(t), r.Path, "loop0", pcm.Options{
					Role: pcm.Client, Direction: dir.Opposite(), Period: killPeriod, Buffer: killBuffer, Wait: pcm.Forever,
				})
				if err != nil {
					t.Fatalf("open after kill %d: %v", i, err)
				}
				s := r.survivor(p)
				s.flows()
				program.kill()
				s.ends()
				servertest.Is(t, s.Halt(s.ctx), audio.ErrGone) // D17
				next.begin()
				if err := s.Close(s.ctx); err != nil && !errors.Is(err, audio.ErrReset) { // not all was heard
					t.Fatalf("close after kill %d: %v", i, err)
				}
				program = next
			}
			program.kill()
			r.nothingLeft(before, heapBefore)
			by.goesOn()
		})
	}
}

// nothingLeft compares with what there was before the kills.
func (r *rig) nothingLeft(before usage, heapBefore uint64) {
	r.Helper()
	r.free("loop0")
	settlesTo(r, before)
	if now := heap(); now > heapBefore+2<<20 {
		r.Errorf("%d bytes on the heap, %d before the kills", now, heapBefore)
	}
}

// A client that is stopped while it holds a running end: its server goes on, with
// silence or without a listener, as do all others; when the client comes back it
// finds the present, and what it missed is counted (D10).
func TestStoppedClient(t *testing.T) {
	for _, dir := range []audio.Direction{pcm.Read, pcm.Write} {
		t.Run(fmt.Sprintf("that_%ss", dir), func(t *testing.T) {
			r := newRig(t)
			by := newBystander(t, r.Path)
			program := prepare(t, helpEnd, order{socket: r.Path, role: pcm.Client, dir: dir, period: killPeriod, buffer: killBuffer})
			s := r.survivor(r.open("loop0", pcm.Options{Role: pcm.Server, Direction: dir.Opposite(), Period: killPeriod, Buffer: 4800}))
			program.begin()
			s.flows()
			if err := program.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			xruns := func() uint64 { return r.Status("loop0").Client.XrunFrames }
			for had := xruns(); xruns() < had+4800; {
				n, err := s.transfer()
				if err != nil || n == 0 {
					t.Fatalf("the server moved %d frames, %v", n, err)
				}
			}
			by.goesOn()
			if err := program.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			servertest.Until(t, "the client to go on", func() bool {
				had := xruns()
				for range 10 {
					if _, err := s.transfer(); err != nil {
						t.Fatal(err)
					}
				}
				return xruns() == had && s.State() == ring.Running
			})
			program.kill()
			s.Abandon()
			r.free("loop0")
		})
	}
}

// transfer moves a block without looking at it.
func (s *survivor) transfer() (int, error) {
	if s.Direction() == pcm.Write {
		return s.Write(s.ctx, s.block)
	}
	return s.Read(s.ctx, s.block)
}
