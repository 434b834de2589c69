package loop_test

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// holding is a device with a buffer of its own behind what is written.
type holding struct {
	*backendtest.Clock
	play, record int
}

func (h *holding) Delay() (play, record int) { return h.play, h.record }

// TestEdge46TheEndIsHeard: a device stops when its buffer is played, not when its last
// client leaves; silence is not waited for. The delay is part of its state.
func TestEdge46TheEndIsHeard(t *testing.T) {
	h := &holding{backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period}), 3 * period, 7}
	c := &card{T: t, clock: h.Clock, bay: loop.NewPatchbay(), engine: loop.NewEngine("card", h)}
	t.Cleanup(func() {
		c.bay.Close()
		c.engine.Close()
	})
	for name, side := range map[string]audio.Direction{"speaker": audio.Play, "mic": audio.Record} {
		if err := c.bay.Add(loop.Spec{Name: name, Attached: side}, c.engine); err != nil {
			t.Fatal(err)
		}
	}
	if i := c.engine.Info(); i.Play.Delay != 3*period || i.Record.Delay != 7 {
		t.Errorf("delay %d and %d, want %d and 7", i.Play.Delay, i.Record.Delay, 3*period)
	}
	// after is how long it runs when p has closed.
	after := func(p *pcm.PCM) (frames int) {
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for c.clock.Settle(); c.clock.Running() && frames < 100*period; frames += period {
			c.clock.Advance(period)
		}
		return frames
	}
	p := c.client("speaker", pcm.Write)
	c.play(p, constant(1000, 2*period))
	c.clock.Advance(2 * period)
	h.play = 4 * period // what a plugin holds may change with every block
	if ran := after(p); ran != 4*period {
		t.Errorf("it ran for %d frames after its last sound, want %d", ran, 4*period)
	}
	p = c.client("mic", pcm.Read)
	p.SetNonblock(true)
	if _, err := p.Read(t.Context(), make([]byte, 4)); !errors.Is(err, audio.ErrWouldBlock) {
		t.Fatal(err)
	}
	c.clock.Settle()
	if c.clock.Advance(2 * period); !c.clock.Running() {
		t.Error("it does not record")
	}
	if ran := after(p); ran != 0 {
		t.Errorf("it ran for %d frames, and nobody had played", ran)
	}
	h.play = 5 * period // a bus that has filled
	p = c.client("speaker", pcm.Write)
	c.play(p, constant(1, 40*period))
	c.clock.Advance(2 * period)
	if d := p.DeviceDelay(); d != 5*period {
		t.Errorf("the client is told of %d frames in the device, want %d", d, 5*period)
	}
	if i := c.engine.Info(); i.Play.Delay != 5*period {
		t.Errorf("delay %d after the start, want %d", i.Play.Delay, 5*period)
	}
}
