package daemon

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
)

// troubled is a stream of a network that says what a test wants.
type troubled struct {
	*backendtest.Clock
	mu sync.Mutex
	n  backend.Network
}

func (s *troubled) Network() backend.Network {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

func (s *troubled) change(by func(*backend.Network)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by(&s.n)
}

// A sender that begins anew is told each time, and packets that are lost once, until there were none for a while.
func TestNetworkEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bay := loop.NewPatchbay()
		s := &troubled{Clock: backendtest.NewClock(backend.Config{Record: true}), n: backend.Network{Receives: true, Packets: 100, Lost: 7, Sender: "10.0.0.1:5004", SSRC: 0xabc}}
		e := loop.NewEngine("net", s)
		if err := bay.AddDevice(e); err != nil {
			t.Fatal(err)
		}
		probes := e.Probes(audio.Record, time.Second) // somebody hears it, so it runs
		if len(probes) == 0 {
			t.Fatal("nobody hears it")
		}
		events := bay.Subscribe(100)
		told := func(want ...string) {
			t.Helper()
			time.Sleep(3 * heedEvery)
			var got []string
			for len(events.C) > 0 {
				if ev := <-events.C; ev.Kind == event.Network && ev.Device == "net" {
					got = append(got, ev.Note)
				}
			}
			if strings.Join(got, "; ") != strings.Join(want, "; ") {
				t.Errorf("told %q, want %q", got, want)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); heed(ctx, bay) }()
		told()
		time.Sleep(heedRarely)
		s.change(func(n *backend.Network) { n.Restarts, n.SSRC = 1, 0xdef })
		told("the sender 10.0.0.1:5004 began anew, with SSRC 00000def")
		s.change(func(n *backend.Network) { n.Packets, n.Lost, n.Late = 200, 9, 1 })
		told("packets are missing: 2 lost and 1 late within 1s")
		s.change(func(n *backend.Network) { n.Lost = 50 })
		told()
		time.Sleep(2 * calm)
		s.change(func(n *backend.Network) { n.Late = 3 })
		told("packets are missing: 0 lost and 2 late within 1s")
		s.change(func(n *backend.Network) { *n = backend.Network{Receives: true, Packets: 1, Lost: 1, Restarts: 5} }) // opened anew
		told()
		cancel()
		<-done
		events.Cancel()
		bay.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
