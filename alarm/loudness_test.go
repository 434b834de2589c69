package alarm_test

import (
	"math"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
)

// tone is a sine of 1 kHz at 48 kHz, which has in two channels as many LUFS as dBFS.
func tone(level float64) sound {
	gain := math.Pow(10, level/20)
	return func(n uint64, _ int) float64 { return gain * math.Sin(2*math.Pi*float64(n)/48) }
}

// Loudness has a range, and what is silent or not heard has none.
func TestLoudness(t *testing.T) {
	for _, window := range []alarm.Window{alarm.Momentary, alarm.ShortTerm, alarm.Integrated} {
		t.Run(string(window), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.set(on(alarm.Loudness, "main", above(-20), below(-26), func(s *alarm.Spec) { s.Window, s.For, s.Clear = window, 3*time.Second, 2*time.Second }))
				p := w.at("main", 48000, 2)
				p.play(zeros, 10*time.Second)
				p.play(tone(-20.1), 20*time.Second)
				p.play(zeros, 10*time.Second) // the windows of silence are unknown, those with the end of the tone are too short
				w.is(alarm.Loudness, alarm.OK)
				p.play(tone(-25.9), 20*time.Second)
				w.told()
				if window == alarm.Integrated {
					p.play(tone(-10), 10*time.Second)
					w.told(alarm.WasRaised)
					w.rest(10 * time.Second)
					w.told(alarm.WasCleared)
					return
				}
				p.play(tone(-19.5), 7*time.Second)
				if n := w.told(alarm.WasRaised); n[0].Unit != alarm.LUFS || *n[0].Value < -20 || *n[0].Value > -19.4 {
					t.Errorf("%+v", n)
				}
				p.play(tone(-23), 6*time.Second)
				w.told(alarm.WasCleared)
				p.play(tone(-26.5), 7*time.Second)
				if n := w.told(alarm.WasRaised); *n[0].Value > -26 || *n[0].Value < -26.6 {
					t.Errorf("%+v", n)
				}
				w.rest(3 * time.Second) // nothing is heard
				w.told(alarm.WasCleared)
				p.play(tone(-23), 10*time.Second) // and what was before is forgotten
				w.told()
			})
		})
	}
}

// What was loud before a rest is no reason after it.
func TestLoudnessForgetsWhatWasBeforeARest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.Loudness, "main", now, above(-20)))
		p := w.at("main", 48000, 2)
		p.play(tone(-10), 5*time.Second)
		w.told(alarm.WasRaised)
		w.rest(time.Minute)
		w.told(alarm.WasCleared)
		p.play(tone(-30), 5*time.Second)
		w.told()
	})
}
