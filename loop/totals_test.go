package loop_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// TestTotals: what went through an end is counted on, whoever holds it, and never falls.
func TestTotals(t *testing.T) {
	c := newCard(t, true, false)
	if err := c.bay.Add(loop.Spec{Name: "pipe", OnClientClose: loop.Hold}, c.engine); err != nil {
		t.Fatal(err)
	}
	totals := func() loop.Status {
		for _, s := range c.bay.Status() {
			if s.Name == "pipe" {
				return s
			}
		}
		return loop.Status{}
	}
	open := func(role pcm.Role, d audio.Direction) *pcm.PCM {
		p, err := c.bay.Open(t.Context(), "pipe", pcm.Options{Role: role, Direction: d, Wait: pcm.Forever})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	server := open(pcm.Server, pcm.Read)
	if _, err := server.Poll(1); err != nil {
		t.Fatal(err)
	}
	var last loop.Totals
	for turn := range uint64(3) {
		client := open(pcm.Client, pcm.Write)
		c.play(client, constant(1, 4*period))
		c.clock.Advance(4 * period)
		c.clock.Advance(2 * period) // it is late
		seen := turn == 1           // what nobody looked at counts, too
		var before loop.Totals
		if seen {
			before = totals().ClientTotals
		}
		events := c.bay.Subscribe(100)
		client.Abandon()
		c.clock.Advance(period) // the rest is delivered
		for ev := range events.C {
			if ev.Kind == event.ClientGone {
				break
			}
		}
		events.Cancel()
		now := totals().ClientTotals
		if now.Frames != 4*period*(turn+1) || now.Xruns != turn+1 || now.XrunFrames < last.XrunFrames+period || seen && now != before {
			t.Errorf("turn %d: %+v, %+v with the client there, and %+v before", turn, now, before, last)
		}
		last = now
	}
	frames := totals().ServerTotals.Frames
	server.Abandon()
	if now := totals().ServerTotals; frames < 12*period || now.Frames != frames {
		t.Errorf("%d frames, and with the server gone %d", frames, now.Frames)
	}
	server = open(pcm.Server, pcm.Read)
	if err := server.Setup(t.Context(), pcm.Setup{Format: audio.Format{Rate: 8000}}); err != nil { // a new ring
		t.Fatal(err)
	}
	defer server.Abandon()
	if now := totals().ServerTotals; now.Frames != frames {
		t.Errorf("%d frames, and with another format %d", frames, now.Frames)
	}
}
