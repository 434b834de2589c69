package alarm_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
)

// pair is a sound with another one in each second channel.
func pair(left, right sound) sound {
	return func(n uint64, c int) float64 { return []sound{left, right}[c%2](n, c) }
}

func times(gain float64, s sound) sound {
	return func(n uint64, c int) float64 { return gain * s(n, c) }
}

func offset(v float64, s sound) sound {
	return func(n uint64, c int) float64 { return v + s(n, c) }
}

// now makes an alarm be raised at once.
func now(s *alarm.Spec) { s.For = 0 }

func above(v float64) func(*alarm.Spec) { return func(s *alarm.Spec) { s.Above = alarm.At(v) } }
func below(v float64) func(*alarm.Spec) { return func(s *alarm.Spec) { s.Below = alarm.At(v) } }

// Each condition of sound holds for what it is about, and not for what is nearly so.
func TestConditionsOfSound(t *testing.T) {
	once := func(level float64) sound { // a click in a quiet sine
		return func(n uint64, c int) float64 {
			if n%48000 == 100 {
				return level
			}
			return 0.5 * sine(-3)(n, c)
		}
	}
	for name, c := range map[string]struct {
		spec       alarm.Spec
		quiet      sound // does not make it hold
		loud       sound
		text       string
		quietIsBad bool // in the end, while nothing is heard
	}{
		"silence":                 {on(alarm.Silence, "main", now, below(-40)), sine(-39.5), sine(-41.5), "silence of main: -41.5 dB", true},
		"silence of a channel":    {on(alarm.Silence, "main", now, func(s *alarm.Spec) { s.Channel = 2 }), pair(zeros, sine(-50)), pair(sine(-50), zeros), "silence of main: silence", true},
		"level-above":             {on(alarm.LevelAbove, "main", now, above(-20)), sine(-17.2), sine(-16.8), "level-above of main: -19.8 dB", false},
		"level-above in one":      {on(alarm.LevelAbove, "main", now, above(-20)), sine(-30), pair(zeros, sine(-10)), "level-above of main: -13 dB", false},
		"level-below":             {on(alarm.LevelBelow, "main", now, below(-20)), sine(-15.8), sine(-17.2), "level-below of main: -20.2 dB", true},
		"level-below in all":      {on(alarm.LevelBelow, "main", now, below(-20)), pair(zeros, sine(-10)), pair(zeros, sine(-30)), "level-below of main: -33 dB", true},
		"clip":                    {on(alarm.Clip, "main", now), once(0.999), once(-1), "clip of main: 2", false},
		"clip, some":              {on(alarm.Clip, "main", now, above(2)), once(1), func(uint64, int) float64 { return 1 }, "clip of main: 960", false},
		"dc":                      {on(alarm.DC, "main", now, above(-40)), offset(0.0099, sine(-20)), offset(-0.0101, sine(-20)), "dc of main: -39.9 dB", false},
		"correlation, inverted":   {on(alarm.Correlation, "main", now), pair(sine(-20), sine(-30)), pair(sine(-20), times(-1, sine(-30))), "correlation of main: -1", false},
		"correlation, lost right": {on(alarm.Correlation, "main", now), pair(sine(-20), sine(-55)), pair(sine(-20), zeros), "correlation of main: channel 2 is silent", false},
		"correlation, lost left":  {on(alarm.Correlation, "main", now), zeros, pair(zeros, sine(-20)), "correlation of main: channel 1 is silent", false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.set(c.spec)
				p := w.at("main", 48000, 2)
				p.play(c.quiet, 2*time.Second) // whole windows
				if s := w.state(c.spec.On); s != alarm.OK {
					t.Errorf("it is %s without a reason", s)
				}
				p.play(c.loud, 2*time.Second)
				all := w.changes()
				if len(all) == 0 || all[0].Change != alarm.WasRaised {
					t.Fatalf("it is not raised: %+v", all)
				}
				if all[0].Text != c.text {
					t.Errorf("%q, want %q", all[0].Text, c.text)
				}
				w.rest(20 * time.Second)
				if s := w.state(c.spec.On); s.On() != c.quietIsBad {
					t.Errorf("when nothing is heard it is %s", s)
				}
			})
		})
	}
}

// A value that comes back a little is not over: hysteresis.
func TestHysteresis(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.LevelAbove, "main", now, above(-20), func(s *alarm.Spec) { s.Hysteresis, s.Clear = 2, time.Second }))
		p := w.at("main", 48000, 1)
		p.play(sine(-18), time.Second) // the RMS is 3 dB less
		w.is(alarm.LevelAbove, alarm.OK)
		p.play(sine(-16), time.Second)
		p.play(sine(-18), 5*time.Second)
		w.is(alarm.LevelAbove, alarm.Raised)
		p.play(sine(-20), 1300*time.Millisecond)
		w.is(alarm.LevelAbove, alarm.OK)
		p.play(sine(-18), time.Second)
		w.is(alarm.LevelAbove, alarm.OK)
	})
}

// Each condition of a subject holds for what it is about.
func TestConditionsOfSubjects(t *testing.T) {
	ppm := func(v float64) alarm.Facts { return alarm.Facts{PPM: &v} }
	late := func(d time.Duration) alarm.Facts { return alarm.Facts{Latency: &d} }
	rate := func(n int) alarm.Facts { return alarm.Facts{Format: audio.Format{Rate: n, Channels: 2}} }
	for name, c := range map[string]struct {
		spec  alarm.Spec
		quiet []alarm.Facts
		loud  alarm.Facts
		text  string
	}{
		"xruns":           {on(alarm.Xruns, "main", above(2)), []alarm.Facts{{Xruns: 7}, {Xruns: 8}, {Xruns: 9}}, alarm.Facts{Xruns: 10}, "xruns of main: 3 within 1m0s"},
		"xruns, anew":     {on(alarm.Xruns, "main", above(2)), []alarm.Facts{{Xruns: 7}, {Missing: true}, {Xruns: 900}}, alarm.Facts{Xruns: 903}, "xruns of main: 3 within 1m0s"},
		"xruns, fewer":    {on(alarm.Xruns, "main", above(2)), []alarm.Facts{{Xruns: 7}, {Xruns: 0}, {Xruns: 2}}, alarm.Facts{Xruns: 3}, "xruns of main: 3 within 1m0s"},
		"packets-lost":    {on(alarm.PacketsLost, "main", above(2)), []alarm.Facts{{Packets: 7}, {Packets: 9}, {Packets: 9, Xruns: 99}}, alarm.Facts{Packets: 10}, "packets-lost of main: 3 within 1m0s"},
		"drift, slow":     {on(alarm.Drift, "main", now, above(50)), []alarm.Facts{{}, ppm(49), ppm(-49)}, ppm(-51), "drift of main: -51.00 ppm"},
		"drift, fast":     {on(alarm.Drift, "main", now, above(50)), []alarm.Facts{{}}, ppm(51), "drift of main: +51.00 ppm"},
		"latency":         {on(alarm.Latency, "route/x", now, above(20)), []alarm.Facts{{}, late(20 * time.Millisecond)}, late(21 * time.Millisecond), "latency of route/x: 21 ms"},
		"device-gone":     {on(alarm.DeviceGone, "main", now), []alarm.Facts{{}}, alarm.Facts{Gone: "its card was pulled"}, "device-gone of main: its card was pulled"},
		"no device":       {on(alarm.DeviceGone, "main", now), []alarm.Facts{{}}, alarm.Facts{Missing: true}, "device-gone of main: there is no such device"},
		"no-client":       {on(alarm.NoClient, "phone", now), []alarm.Facts{{Clients: 2}, {Clients: 1}}, alarm.Facts{}, "no-client of phone: nobody"},
		"format-changed":  {on(alarm.FormatChanged, "phone"), []alarm.Facts{{}, rate(48000), {}, rate(48000)}, rate(44100), "format-changed of phone: 44100 Hz, 2 channels, ?, and was 48000 Hz, 2 channels, ?"},
		"recorder-failed": {on(alarm.RecorderFailed, "recorder/x", now), []alarm.Facts{{}}, alarm.Facts{Failed: "the disk is full"}, "recorder-failed of recorder/x: the disk is full"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.know(c.spec.Of, c.quiet[0], true)
				w.set(c.spec)
				for _, f := range c.quiet {
					w.know(c.spec.Of, f, true)
					w.rest(5 * time.Second)
					w.told()
				}
				w.know(c.spec.Of, c.loud, true)
				w.rest(time.Second)
				n := w.told(alarm.WasRaised)
				if len(n) > 0 && n[0].Text != c.text && name != "format-changed" {
					t.Errorf("%q, want %q", n[0].Text, c.text)
				}
				w.rest(59 * time.Second)
				if c.spec.On != alarm.Xruns && c.spec.On != alarm.PacketsLost && c.spec.On != alarm.FormatChanged {
					w.told()
					w.know(c.spec.Of, c.quiet[len(c.quiet)-1], true)
				}
				w.rest(30 * time.Second)
				w.told(alarm.WasCleared)
			})
		})
	}
}

// A counter that moves without an event is looked at while it may; one that rests, never.
func TestCountersAreLookedAt(t *testing.T) {
	looks := 0
	inWorld(t, func(w *world) {
		w.know("main", alarm.Facts{Moving: true}, true)
		w.set(on(alarm.Xruns, "main"))
		w.rest(time.Second)
		w.know("main", alarm.Facts{Moving: true, Xruns: 1}, false)
		w.rest(300 * time.Millisecond)
		w.told(alarm.WasRaised)
		w.know("main", alarm.Facts{Xruns: 1}, true)
		w.rest(time.Hour)
		w.told(alarm.WasCleared)
		looks = 0
		w.rest(24 * time.Hour)
		if looks != 0 {
			t.Errorf("%d looks at what rests", looks)
		}
	}, func(o *alarm.Options) {
		facts := o.Facts
		o.Facts = func(name string) alarm.Facts { looks++; return facts(name) }
	})
}

// What a configuration may say of each condition is in the table, and complete.
func TestTableOfConditions(t *testing.T) {
	for _, c := range alarm.Conditions() {
		s := alarm.Default(c.Kind)
		s.Name, s.Of = "x", "main"
		for _, bound := range []*alarm.Bound{&c.Above, &c.Below} {
			if bound.Use != alarm.No && bound.Least >= bound.Most {
				t.Errorf("%s has no range", c.Kind)
			}
		}
		if c.Above.Use == alarm.Must || c.Kind == alarm.Loudness {
			if s.Check() == nil {
				t.Errorf("%s needs no threshold", c.Kind)
			}
			s.Above = alarm.At(c.Above.Most)
		}
		if c.Below.Use == alarm.Must {
			s.Below = alarm.At(c.Below.Least)
		}
		if err := s.Check(); err != nil || c.Text == "" || c.Needs == "" || c.Moment != (c.Kind == alarm.FormatChanged) {
			t.Errorf("%+v: %v", c, err)
		}
		if v, ok := c.Unit.Parse(c.Unit.Example()); !ok || c.Unit != alarm.Time && c.Unit.Text(v) == "" {
			t.Errorf("%s: %q is no example", c.Kind, c.Unit.Example())
		}
	}
	for text, want := range map[string]float64{"-60dB": -60, " -23.5 LUFS ": math.NaN(), "-6 dBFS": -6, "3": math.NaN(), "dB": math.NaN(), "NaNdB": math.NaN(), "-InfdB": math.NaN()} {
		if v, ok := alarm.DB.Parse(text); ok == math.IsNaN(want) || ok && v != want {
			t.Errorf("%q is %v %v", text, v, ok)
		}
	}
}

// The manuals have every condition, with what it says of itself and the time that it has by default.
func TestManualsHaveEveryCondition(t *testing.T) {
	page, err := os.ReadFile("../docs/alarms.md")
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("../man/loopbridge.toml.5")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range alarm.Conditions() {
		_, row, found := strings.Cut(string(page), "\n| `"+c.Kind.String()+"` |")
		row, _, _ = strings.Cut(row, "\n")
		takes := fmt.Sprintf("| %gs |", c.For.Seconds())
		if c.Moment {
			takes = "| - |"
		}
		per := strings.Replace(c.Text, "within `per`", "within `per` (1m)", 1)
		if !found || !strings.Contains(row, "| "+per) || !strings.HasSuffix(row, takes) {
			t.Errorf("docs/alarms.md has no row of %s with %q and %s: %s", c.Kind, c.Text, takes, row)
		}
		if !strings.Contains(strings.ReplaceAll(string(manual), `\-`, "-"), `"`+c.Kind.String()+`"`) {
			t.Errorf("loopbridge.toml(5) lacks %s", c.Kind)
		}
	}
}
