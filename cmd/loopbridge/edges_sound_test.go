package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/resample/resampletest"
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

// toneIn is a tone in a piece of S16_LE, in dB against full scale.
func toneIn(piece []byte, hertz float64) float64 {
	samples := make([]float32, len(piece)/2)
	audio.S16LE.Decode(samples, piece)
	return resampletest.FitTone(samples, hertz/48000).Gain + 20*math.Log10(resampletest.Amplitude)
}

// The input of the null device comes out of it at monitor_gain/255, beside what a client
// plays.
func TestD20MonitorGain(t *testing.T) {
	file := filepath.Join(trial.TempDir(t), "tone.wav")
	trial.WriteWAV(t, file, audio.DefaultFormat(), frames(24000, func(i int) float64 { return 8192 * math.Sin(2*math.Pi*3000/48000*float64(i)) }))
	for _, gain := range []int{255, 100} {
		played := session(t, config.Input{Tone: 1000, Level: -6}, func(o operator) {
			o.set(fmt.Sprintf("monitor_gain: 0 -> %d", gain), fmt.Sprintf("monitor_gain=%d", gain))
			o.perform(file)
		})
		const window = 9600 * 4
		played = played[4800*4:] // behind the ramp
		loudest, at := math.Inf(-1), 0
		for i := 0; i+window <= len(played); i += 2400 * 4 {
			if level := toneIn(played[i:i+window], 3000); level > loudest {
				loudest, at = level, i
			}
		}
		if want := 20 * math.Log10(0.25); math.Abs(loudest-want) > 0.01 {
			t.Errorf("monitor_gain %d: the client is at %.4f dB, want %.4f", gain, loudest, want)
		}
		want := -6 + 20*math.Log10(float64(gain)/255)
		for _, i := range []int{0, at} { // before the client and beside it
			if got := toneIn(played[i:i+window], 1000); math.Abs(got-want) > 0.01 {
				t.Errorf("monitor_gain %d: %.4f dB at frame %d, want %.4f", gain, got, i/4, want)
			}
		}
	}
}

// Of each channel, as levels measures it.
func TestEdge55Balance(t *testing.T) {
	o := newOperator(t, studio(config.Input{Tone: 1000}, ""), func(c *config.Config) { c.Devices[len(c.Devices)-1].Period = 48 })
	o.set("monitor_gain: 0 -> 255", "monitor_gain=255")
	for _, g := range []int{0, 1, 127, 254, 255} {
		for _, b := range []int{0, 1, 16, 31, 32, 33, 48, 63, 64} {
			o.run("set", "card", fmt.Sprintf("play.gain=%d", g), fmt.Sprintf("play.balance=%d", b)).want(t, exitOK)
			want := []int{g * min(64-b, 32) / 32, g * min(b, 32) / 32}
			l, ok := o.levels(func(l api.Levels) bool {
				right := l.Play.Frames > 0
				for channel, gain := range want {
					if peak := l.Play.Peak[channel]; peak == nil || gain == 0 {
						right = right && peak == nil && gain == 0
					} else {
						right = right && math.Abs(*peak-20*math.Log10(float64(gain)/255)) < 0.01
					}
				}
				return right
			})
			if !ok {
				t.Errorf("gain %d, balance %d: %s, want %d and %d of 255", g, b, levelsText(l), want[0], want[1])
			}
		}
	}
}

func TestEdge56Gain255IsUnity(t *testing.T) {
	file := filepath.Join(trial.TempDir(t), "noise.wav")
	sound := trial.Noise(audio.DefaultFormat(), 9600)
	trial.WriteWAV(t, file, audio.DefaultFormat(), sound)
	played := session(t, config.Input{}, func(o operator) {
		o.set("play.gain: 255 -> 128", "play.gain=128")
		o.set("play.gain: 128 -> 255", "play.gain_db=0")
		o.perform(file)
	})
	if !bytes.Contains(played, sound) {
		t.Error("what is played is not what was written")
	}
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
	trial.Until(t, "muted, samples are counted", func() bool { return o.number("play.samples") != before })
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
