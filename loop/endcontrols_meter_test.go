package loop_test

import (
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

func (c *card) levelsOf(name string) device.Levels {
	c.Helper()
	s, err := c.bay.EndControls(name)
	if err != nil {
		c.Fatal(err)
	}
	return s.Levels()
}

// peaks checks the peak of each channel, as amplitudes.
func peaks(t *testing.T, what string, r mixer.Reading, frames uint64, want ...float64) {
	t.Helper()
	if r.Frames != frames || len(r.Channels) != len(want) {
		t.Errorf("%s: %d frames of %d channels, want %d of %d", what, r.Frames, len(r.Channels), frames, len(want))
		return
	}
	for n, l := range r.Channels {
		if got := math.Pow(10, l.Peak/20); math.Abs(got-want[n]) > 0.001 {
			t.Errorf("%s: channel %d peaks at %.4f, want %.4f", what, n, got, want[n])
		}
	}
}

// Each end is measured behind its own controls: what is written before the record gain of the
// other end, what is read behind everything.
func TestLevelsOfEnds(t *testing.T) {
	for _, sharing := range []loop.Sharing{loop.Exclusive, loop.Shared} {
		for _, server := range []audio.Direction{pcm.Read, pcm.Write} {
			c := newCard(t, true, false)
			w, r := c.between(loop.Spec{Clients: sharing}, audio.DefaultFormat(), server)
			writes, reads := "loop0/server", "loop0"
			if server == pcm.Read {
				writes, reads = reads, writes
			}
			turn := func() {
				t.Helper()
				if n, err := w.Write(t.Context(), constant(16384, period)); n != period || err != nil {
					t.Fatal(n, err)
				}
				c.clock.Advance(period)
				if _, err := r.Read(t.Context(), make([]byte, 4*r.Delay())); err != nil {
					t.Fatal(err)
				}
			}
			turn()
			turn()
			if l := c.levelsOf(writes); l.Play.Frames != 0 || l.Record.Frames != 0 {
				t.Errorf("at the first look: %+v", l)
			}
			c.levelsOf(reads)
			turn()
			turn()
			l := c.levelsOf(writes)
			peaks(t, "written", l.Play, 2*period, 0.5, 0.5)
			if l.Record.Frames != 0 || math.Abs(l.Play.Overall.RMS+6.02) > 0.01 {
				t.Errorf("%+v", l)
			}
			peaks(t, "read", c.levelsOf(reads).Record, 2*period, 0.5, 0.5)
			peaks(t, "read, again", c.levelsOf(reads).Record, 0, 0, 0)

			c.setOf(writes, "play.gain=51", "play.balance=0") // 0.2, and nothing on the right
			c.setOf(reads, "record.gain=127")
			turn()
			turn()
			c.levelsOf(writes)
			c.levelsOf(reads)
			turn()
			peaks(t, "written with a gain", c.levelsOf(writes).Play, period, 0.1, 0)
			peaks(t, "read with a gain", c.levelsOf(reads).Record, period, 0.1*127/255, 0)
			c.setOf(writes, "output_muted=1")
			turn()
			c.levelsOf(writes)
			turn()
			peaks(t, "muted", c.levelsOf(writes).Play, period, 0, 0)
		}
	}
}

// Of several clients the loudest counts, and each has its own.
func TestLevelsOfClients(t *testing.T) {
	c := newCard(t, true, false)
	mono := audio.DefaultFormat()
	mono.Channels = 1
	one := c.open("speaker", pcm.Client, pcm.Write, audio.Format{}, 1)
	two := c.open("speaker", pcm.Client, pcm.Write, mono, 2) // which is converted
	c.play(one, constant(3277, 10*period))
	if n, err := two.Write(t.Context(), constant(16384, 5*period)); n != 10*period || err != nil {
		t.Fatal(n, err)
	}
	c.clock.Advance(2 * period)
	for _, name := range []string{"speaker", "speaker/1", "speaker/2"} {
		c.levelsOf(name)
	}
	c.clock.Advance(period)
	peaks(t, "one", c.levelsOf("speaker/1").Play, period, 0.1, 0.1)
	peaks(t, "two", c.levelsOf("speaker/2").Play, period, 0.5)
	c.clock.Advance(period)
	peaks(t, "all", c.levelsOf("speaker").Play, period, 0.5, 0.1)
	c.setOf("speaker", "play.gain=51")
	c.clock.Advance(period)
	c.levelsOf("speaker/1")
	c.clock.Advance(period)
	peaks(t, "one with the gain of all", c.levelsOf("speaker/1").Play, period, 0.02, 0.02)
}
