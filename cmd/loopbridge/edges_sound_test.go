package main

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// studio gives the card a long buffer, so that no pause of the machine is heard, an input,
// and an output file.
func studio(in config.Input, out string) func(*config.Config) {
	return func(c *config.Config) {
		card := &c.Devices[len(c.Devices)-1]
		card.Periods, card.Input, card.Output = 100, in, out
	}
}

// session runs a daemon until it has written all that the card played, and reads that.
func session(t *testing.T, in config.Input, operate func(o operator)) []byte {
	t.Helper()
	out := filepath.Join(trial.TempDir(t), "out.wav")
	t.Run("session", func(t *testing.T) { operate(newOperator(t, studio(in, out))) })
	if t.Failed() {
		t.FailNow()
	}
	_, played := trial.ReadWAV(t, out)
	return played
}

// perform plays a file to its end, in one piece: no pause of the machine is heard.
func (o operator) perform(name string) {
	o.Helper()
	if got := o.run("play", "--period", "500ms", "--buffer", "2s", "speaker", name); got.status != exitOK {
		o.Fatal(got.stderr)
	}
}

// frames is S16_LE, the same on both channels.
func frames(n int, sample func(i int) float64) []byte {
	var sound []byte
	for i := range n {
		v := uint16(int16(math.RoundToEven(sample(i))))
		sound = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(sound, v), v)
	}
	return sound
}

// The input and what a client plays are both at full scale.
func TestEdge57MonitorSaturates(t *testing.T) {
	file := filepath.Join(trial.TempDir(t), "full.wav")
	sound := frames(9600, func(i int) float64 { return []float64{math.MaxInt16, math.MinInt16}[i/48%2] })
	trial.WriteWAV(t, file, audio.DefaultFormat(), sound)
	played := session(t, config.Input{File: file}, func(o operator) {
		o.set("monitor_gain: 0 -> 255", "monitor_gain=255")
		o.perform(file)
	})
	// However the two meet, a sum is 0, one more or less, or as loud as it can be.
	loud := 0
	for i := 4 * 4800; i < len(played); i += 2 {
		switch v := int16(binary.LittleEndian.Uint16(played[i:])); {
		case v == math.MaxInt16 || v == math.MinInt16:
			loud++
		case v < -1 || v > 1:
			t.Fatalf("sample %d is %d", i/2, v)
		}
	}
	if loud == 0 {
		t.Error("nothing is heard")
	}
}

// All output is silent, the monitor too; samples go on, and the gain is as it was.
func TestEdge58OutputMuted(t *testing.T) {
	o := newOperator(t, studio(config.Input{Tone: 1000, Level: -20}, ""))
	o.set("play.gain: 255 -> 200\nmonitor_gain: 0 -> 255", "monitor_gain=255 play.gain=200")
	o.set("output_muted: 0 -> 1", "output_muted=1")
	if l, ok := o.levels(func(l api.Levels) bool {
		return l.Play.Frames > 0 && l.Play.Peak[0] == nil && l.Play.Peak[1] == nil
	}); !ok {
		t.Errorf("muted, and there is %s", levelsText(l))
	}
	before := o.number("play.samples")
	servertest.Until(t, "muted, samples are counted", func() bool { return o.number("play.samples") != before })
	if got := o.info("play.gain", "output_muted", "monitor_gain"); got != "play.gain=200\noutput_muted=1\nmonitor_gain=255" {
		t.Errorf("%q", got)
	}
	o.set("output_muted: 1 -> 0", "output_muted=0")
	if l, ok := o.levels(func(l api.Levels) bool {
		return l.Play.Frames > 0 && l.Play.Peak[0] != nil && math.Abs(*l.Play.Peak[0]+20-20*math.Log10(200.0/255)) < 0.01
	}); !ok {
		t.Errorf("not muted any more, and there is %s", levelsText(l))
	}
}
