package client_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
)

func TestCallsAfterClose(t *testing.T) {
	for name, end := range map[string]func(p *pcm.PCM) error{
		"close":   func(p *pcm.PCM) error { return p.Close(servertest.Guard(t)) },
		"abandon": func(p *pcm.PCM) error { p.Abandon(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			p := r.open(serverThat(pcm.Write))
			if err := end(p); err != nil {
				t.Fatal(err)
			}
			p.Abandon()
			calls := map[string]func() error{
				"close":     func() error { return p.Close(servertest.Guard(t)) },
				"read":      func() error { _, err := p.Read(servertest.Guard(t), make([]byte, 4)); return err },
				"write":     func() error { _, err := p.Write(servertest.Guard(t), make([]byte, 4)); return err },
				"halt":      func() error { return p.Halt(servertest.Guard(t)) },
				"drain":     func() error { return p.Drain(servertest.Guard(t)) },
				"setformat": func() error { return p.Setup(servertest.Guard(t), pcm.Setup{Format: audio.Format{Rate: 8000}}) },
			}
			for name, call := range calls {
				if err := call(); !errors.Is(err, audio.ErrClosed) {
					t.Errorf("%s: %v, want ErrClosed", name, err)
				}
			}
			if events, err := p.Poll(1); events != pcm.Writable|pcm.Hangup || err != nil {
				t.Errorf("poll: %v, %v", events, err)
			}
			if p.State() != ring.Ended || p.Format() != audio.DefaultFormat() || p.Position()+uint64(p.Delay())+uint64(p.Avail()) != 0 {
				t.Errorf("%s, %s, position %d, delay %d, room %d", p.State(), p.Format(), p.Position(), p.Delay(), p.Avail())
			}
		})
	}
}

// Close and Halt from elsewhere end the call that another goroutine sleeps in, at
// whatever moment they come.
func TestCloseAndHaltEndACallThatSleeps(t *testing.T) {
	r := newRig(t)
	for i := range 60 {
		dir := []audio.Direction{pcm.Read, pcm.Write}[i%2]
		s := r.open(serverThat(dir))
		result := make(chan error, 1)
		go func() {
			var err error
			if block := make([]byte, 4*96); i%4 < 2 {
				_, err = s.Wait(servertest.Guard(t), 1)
			} else if dir == pcm.Read {
				_, err = s.Read(servertest.Guard(t), block)
			} else {
				_, err = s.Write(servertest.Guard(t), block)
			}
			result <- err
		}()
		if i%3 > 0 {
			servertest.Until(t, "the call to begin", func() bool { return r.status().Server.State == ring.Armed })
		}
		if i%5 == 0 {
			if err := s.Halt(servertest.Guard(t)); err != nil {
				t.Fatal(err)
			}
			select { // it may only begin now
			case err := <-result:
				servertest.Is(t, err, audio.ErrInterrupted)
				result <- audio.ErrClosed
			default:
			}
		}
		if err := s.Close(servertest.Guard(t)); err != nil {
			t.Fatal(err)
		}
		if err := <-result; err != nil && !errors.Is(err, audio.ErrClosed) && !errors.Is(err, audio.ErrInterrupted) {
			t.Fatal(err)
		}
	}
}

// Everything at once, for the race detector: what the rest of the program asks while
// one goroutine moves frames, another halts and a last one closes.
func TestCallsFromEverywhere(t *testing.T) {
	r := newRig(t)
	for range 20 {
		s, c := r.open(serverThat(pcm.Read)), r.open(clientThat(pcm.Write))
		var wait sync.WaitGroup
		stop := make(chan struct{})
		forever := func(f func()) {
			wait.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						f()
						runtime.Gosched()
					}
				}
			})
		}
		for _, p := range []*pcm.PCM{s, c} {
			forever(func() { _, _ = p.State(), p.Format() })
			forever(func() { _, _, _ = p.Position(), p.Delay(), p.Avail() })
			forever(func() { _, _ = p.Xruns(); _ = p.Buffer() })
		}
		forever(func() { _, _ = s.Read(servertest.Guard(t), make([]byte, 4*50)) })
		forever(func() { _, _ = c.Write(servertest.Guard(t), make([]byte, 4*50)) })
		forever(func() { _ = c.Drain(soon(t)) })
		forever(func() { _ = s.Setup(servertest.Guard(t), pcm.Setup{Format: audio.Format{Channels: 2}}) })
		servertest.Until(t, "frames", func() bool { return s.Position() > 200 || r.status().Server.Moved > 200 })
		_ = s.Halt(servertest.Guard(t))
		s.Abandon()
		_ = c.Close(servertest.Guard(t))
		close(stop)
		wait.Wait()
		servertest.Until(t, "the daemon to see that the server has left", func() bool { return !r.status().Server.Open })
	}
}

func TestManyOpensLeaveNothing(t *testing.T) {
	r := newRig(t)
	rounds := 1000
	if testing.Short() {
		rounds = 50
		t.Logf("with -short %d opens instead of 1000", rounds)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	ctx := servertest.Guard(t)
	var before uint64
	for i := range rounds {
		if i == rounds/10 {
			before = heap()
		}
		o := serverThat(audio.Direction(1 + i%2))
		p, err := client.Open(ctx, r.Path, "loop0", o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Poll(1); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			_ = p.Setup(ctx, pcm.Setup{Format: audio.Format{Rate: 8000}})
		}
		if err := p.Close(ctx); err != nil {
			t.Fatal(err)
		}
		_, err = client.Open(ctx, r.Path, "loop0", clientThat(pcm.Write))
		servertest.Is(t, err, audio.ErrNoServer)
	}
	if now := heap(); now > before+1<<20 {
		t.Errorf("%d bytes on the heap, %d after the first tenth", now, before)
	}
}
