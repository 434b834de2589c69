package main

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// Streams on the network go on in the program that takes the daemon's place: the receiver has the same sender, with the same
// numbers in its packets, and is never off the network.
func TestProgramUpgradeOnTheNetwork(t *testing.T) {
	at := freeAddress(t)
	s := newSeat(t, fmt.Sprintf(`[[device]]
name = "out"
backend = "rtp"
period = "20ms"
periods = 50
send = { address = %[1]q, payload = "L16" }
[[device]]
name = "in"
backend = "rtp"
period = "20ms"
periods = 50
receive = { address = %[1]q, payload = "L16", latency = "500ms", timeout = "5s" }
[[loop]]
name = "to"
server = { device = "out", side = "play" }
[[loop]]
name = "from"
server = { device = "in", side = "record" }
`, at))
	c := control.New(s.socket)
	defer c.Close()
	plays := s.open("to", pcm.Client, pcm.Write, audio.DefaultFormat())
	reads := s.open("from", pcm.Client, pcm.Read, audio.DefaultFormat())
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		for block := make([]byte, 4*960); ctx.Err() == nil; {
			if _, err := plays.Write(ctx, block); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	wait.Go(func() {
		for block := make([]byte, 4*960); ctx.Err() == nil; {
			if _, err := reads.Read(ctx, block); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	network := func(device string) *api.Network {
		d, err := c.State(t.Context(), device)
		s.ok(err)
		return d.Hardware.Network
	}
	servertest.Until(t, "the stream to be heard", func() bool { n := network("in"); return n != nil && n.Packets > 100 })
	before := network("in")
	for n := range uint64(2) {
		s.upgrades(n + 1)
		on := network("in")
		if on == nil || on.SSRC != before.SSRC || on.Sender != before.Sender || on.Restarts > 0 {
			t.Fatalf("after upgrade %d: %+v, before %+v", n+1, on, before)
		}
		servertest.Until(t, "more packets", func() bool { now := network("in"); return now != nil && now.Packets > on.Packets+100 })
	}
	if d, err := c.State(t.Context(), "in"); err != nil || d.Hardware.RunsOn != at {
		t.Errorf("it runs on %s, %v", d.Hardware.RunsOn, err)
	}
	cancel()
	wait.Wait()
}
