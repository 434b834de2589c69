package rtp_test

import (
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/standby"
)

// TestVanishedSender: a stream on the network is to backend/standby what a card is: without it another clock stands in, and when its
// sender is back, so is the stream.
func TestVanishedSender(t *testing.T) {
	stream := local(t, "127.0.0.1")
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 480, Periods: 100}
	record := wish
	record.Play, record.Record = false, true
	s, err := standby.Open(record, standby.Options{
		Sources: []standby.Source{
			{Name: "network", Open: func(wish backend.Config) (backend.Stream, error) {
				return rtp.Open(wish, rtp.Options{Receive: stream, Timeout: 200 * time.Millisecond})
			}},
			{Name: "null", Open: func(wish backend.Config) (backend.Stream, error) { return null.Open(wish, null.Options{}) }},
		},
		Look: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	on, ok := backend.As[backend.Switcher](s)
	if !ok || on.Device() != "null" {
		t.Fatal("without a sender the null clock stands in")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	e := &engine{t: t, s: s, block: make([]byte, wish.Period*wish.Periods*wish.Format.FrameBytes())}
	until := func(device string) {
		t.Helper()
		for range 6000 { // a minute of periods
			if on.Device() == device {
				return
			}
			e.run(e.last().Position + 1)
		}
		t.Fatalf("the stream stays on %s", on.Device())
	}
	for range 2 {
		stop := make(chan struct{})
		done := play(t, rtp.Options{Send: stream}, wish, stop)
		until("network")
		e.run(e.last().Position + 4800)
		close(stop)
		<-done
		until("null")
	}
	for i, tick := range e.ticks[1:] {
		if tick.Position < e.ticks[i].Position || tick.Time < e.ticks[i].Time {
			t.Fatalf("tick %+v follows %+v", tick, e.ticks[i])
		}
	}
}
