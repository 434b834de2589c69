package null

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

func TestOpenRefuses(t *testing.T) {
	for _, test := range []struct {
		change func(*backend.Config)
		want   string
	}{
		{func(c *backend.Config) { c.Format.Rate = 999 }, "rate 999 Hz is out of range; use 1000..768000"},
		{func(c *backend.Config) { c.Format.Channels = 65 }, "65 channels are out of range; use 1..64"},
		{func(c *backend.Config) { c.Format.Encoding = 0 }, "encoding(0) is not an encoding; use one of U8"},
		{func(c *backend.Config) { c.Period = 23 }, "period 23 frames is out of range; at 48000 Hz use 24..48000"},
		{func(c *backend.Config) { c.Period = 48001 }, "period 48001 frames is out of range; at 48000 Hz use 24..48000"},
		{func(c *backend.Config) { c.Periods = 1 }, "periods 1 is out of range; use 2..1024"},
		{func(c *backend.Config) { c.Periods = 1025 }, "periods 1025 is out of range; use 2..1024"},
		{func(c *backend.Config) { *c = backend.Config{} }, "rate 0 Hz"},
	} {
		wish := config(48000, 480, 4)
		test.change(&wish)
		s, err := Open(wish, Options{})
		if s != nil || !errors.Is(err, audio.ErrInvalid) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", wish, err, test.want)
		}
	}
}

func TestPeriodLimits(t *testing.T) {
	for rate, want := range map[int]int{1000: 1, 2000: 1, 2001: 2, 44100: 23, 48000: 24, 768000: 384} {
		if got := MinPeriod(rate); got != want {
			t.Errorf("the shortest period at %d Hz is %d, want %d", rate, got, want)
		}
	}
	s, _ := simulated(t, config(44100, 441, 2), false)
	pacer, _ := backend.As[backend.Pacer](s)
	for wish, want := range map[int]int{0: 23, -1: 23, 23: 23, 24: 24, 441: 441, 442: 441, math.MaxInt: 441} {
		if got := pacer.SetPeriod(wish); got != want || s.Granted().Period != want {
			t.Errorf("SetPeriod(%d) grants %d, want %d", wish, got, want)
		}
	}
}

// TestBlocks: what is recorded is silence, also where silence is not zero.
func TestBlocks(t *testing.T) {
	for _, e := range audio.Encodings() {
		wish := config(48000, 480, 4)
		wish.Record = true
		wish.Format.Encoding = e
		s, _ := simulated(t, wish, false)
		if _, err := s.Wait(); err != nil {
			t.Fatal(err)
		}
		size := 480 * wish.Format.FrameBytes()
		got := make([]byte, size)
		for i := range got {
			got[i] = 0x55
		}
		want := make([]byte, size)
		e.Silence(want)
		if n, err := s.Read(got); n != 480 || err != nil || string(got) != string(want) {
			t.Errorf("%s: read %d, %v, % x …", e, n, err, got[:8])
		}
	}
}

// TestConforms runs the suite of all devices, in real and in simulated time.
func TestConforms(t *testing.T) {
	run := func(name string, wish backend.Config, options func() Options) {
		t.Run(name, func(t *testing.T) {
			backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
				return Open(wish, options())
			}, wish)
		})
	}
	real := func() Options { return Options{} }
	simulated := func() Options { return Options{Clock: newSimClock()} }
	run("real", config(48000, 48, 4), real)
	run("real-freewheel", config(48000, 480, 2), func() Options { return Options{Freewheel: true} })
	run("simulated", config(44101, 441, 3), simulated)
	run("simulated-freewheel", config(1000, 1, 2), func() Options { return Options{Clock: newSimClock(), Freewheel: true} })
	run("simulated-late", config(768000, 999, 2), func() Options {
		c := newSimClock()
		n := int64(0)
		c.late = func() int64 { n++; return n * 7919 * 1000 % 13_000_000 }
		return Options{Clock: c}
	})
	for _, f := range []audio.Format{{Rate: 48000, Channels: 2, Encoding: audio.S16LE}, {Rate: 44100, Channels: 3, Encoding: audio.S24LE3}} {
		sound := map[string]func(*testing.T) Options{
			"tone":   func(t *testing.T) Options { return Options{Input: newTone(t, f, 997, -20)} },
			"file":   func(t *testing.T) Options { return Options{Input: newFile(t, f, 1009)} },
			"output": func(t *testing.T) Options { return Options{Output: newRecorder(t, newDisk(t), f)} },
			"both": func(t *testing.T) Options {
				return Options{Input: newFile(t, f, 7), Output: newRecorder(t, newDisk(t), f)}
			},
		}
		clocks := map[string]func(*Options){
			"real":                func(*Options) {},
			"real-freewheel":      func(o *Options) { o.Freewheel = true },
			"simulated":           func(o *Options) { o.Clock = newSimClock() },
			"simulated-freewheel": func(o *Options) { o.Clock, o.Freewheel = newSimClock(), true },
		}
		wish := backend.Config{Format: f, Period: f.Rate / 1000, Periods: 4}
		for sounds, options := range sound {
			if f.Encoding != audio.S16LE && sounds != "both" {
				continue
			}
			for clock, change := range clocks {
				run(fmt.Sprintf("%s-%s-%s", sounds, f.Encoding, clock), wish, func() Options {
					o := options(t)
					change(&o)
					return o
				})
			}
		}
	}
}
