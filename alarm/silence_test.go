package alarm_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
)

// tolerance is how far from its time an alarm of silence may be raised.
const tolerance = 50 * time.Millisecond

// raisedAt plays until an alarm is raised, and returns when that was; 0: not within a minute.
func (w *world) raisedAt(step func()) time.Duration {
	for range 60 * 1000 / 20 {
		step()
		for _, n := range w.changes() {
			if n.Change == alarm.WasRaised {
				return n.Time.Sub(w.start)
			}
		}
	}
	return 0
}

// near fails the test unless a time is within the tolerance of another.
func (w *world) near(what string, got, want time.Duration) {
	w.Helper()
	if d := got - want; got == 0 || d < -tolerance || d > tolerance {
		w.Errorf("%s: raised at %v, want %v", what, got, want)
	}
}

// Zeros and no frames at all are silence, in any order, and the alarm is raised in its time.
func TestSilenceIsRaisedInItsTime(t *testing.T) {
	const begins, takes = 1230 * time.Millisecond, 5 * time.Second
	for _, format := range []struct{ rate, channels int }{{48000, 2}, {8000, 1}, {44100, 64}, {384000, 2}} {
		for name, after := range map[string]func(w *world, p *player){
			"zeros": func(*world, *player) {},
			"rest":  func(w *world, _ *player) { w.rest(takes - 40*time.Millisecond) },
			"rest, then zeros": func(w *world, p *player) {
				w.rest(1510 * time.Millisecond)
				p.play(zeros, 20*time.Millisecond)
			},
			"zeros, then rest": func(w *world, p *player) { p.play(zeros, 2*time.Second); w.rest(takes - 2040*time.Millisecond) },
			"the device goes": func(w *world, p *player) {
				for _, e := range p.ears {
					e.Begin(audio.Format{})
				}
				w.rest(time.Second)
				for _, e := range p.ears {
					e.Begin(p.f)
				}
			},
		} {
			if format.channels > 2 && name != "zeros" {
				continue // as with two channels
			}
			t.Run(fmt.Sprintf("%d Hz, %d channels, %s", format.rate, format.channels, name), func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.set(on(alarm.Silence, "main"))
					p := w.at("main", format.rate, format.channels)
					p.play(sine(-20), begins)
					after(w, p)
					w.near(name, w.raisedAt(func() { p.play(zeros, 20*time.Millisecond) }), begins+takes)
					w.is(alarm.Silence, alarm.Raised)
				})
			})
		}
	}
}

// Nobody has ever played: that is silence, too.
func TestSilenceOfAPlaceThatIsNeverHeard(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.Silence, "phone/client:play"))
		w.near("from the start", w.raisedAt(func() { w.rest(20 * time.Millisecond) }), 5*time.Second)
		if n := w.changes(); len(n) > 0 {
			t.Errorf("and then %v", n)
		}
	})
}

// Frames that are only late are no rest, and do not count twice. Those of a hub that was held up come all at once, in the
// turn in which it goes on; if the engine was held up, the hub has turned and found nothing, and they come in few turns.
func TestLateFramesCountOnce(t *testing.T) {
	hub := func(p *player, s sound, late time.Duration) {
		time.Sleep(late)
		p.burst(s, late)
		p.turn()
		synctest.Wait()
	}
	engine := func(p *player, s sound, late time.Duration) {
		p.rest(late)
		p.burst(s, late/2)
		p.turn()
		p.burst(s, late-late/2)
		p.turn()
		synctest.Wait()
	}
	for name, held := range map[string]func(*player, sound, time.Duration){"hub": hub, "engine": engine} {
		for _, late := range []time.Duration{30 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond} {
			what := fmt.Sprint(name, " held up for ", late)
			inWorld(t, func(w *world) {
				w.set(on(alarm.Silence, "main"))
				p := w.at("main", 48000, 2)
				p.play(sine(-20), time.Second)
				began := time.Since(w.start)
				p.play(zeros, time.Second)
				w.near(what, w.raisedAt(func() {
					held(p, zeros, late)
					p.play(zeros, 100*time.Millisecond)
				}), began+5*time.Second)
			})
			inWorld(t, func(w *world) { // and sound that was late is sound
				w.set(on(alarm.Silence, "main", func(s *alarm.Spec) {
					s.For = map[string]time.Duration{"hub": 50 * time.Millisecond, "engine": late + 30*time.Millisecond}[name]
				}))
				p := w.at("main", 48000, 2)
				for range 20 {
					p.play(sine(-20), 200*time.Millisecond)
					held(p, sine(-20), late)
				}
				if n := w.told(); len(n) > 0 {
					t.Errorf("%s: %+v", what, n[0])
				}
			})
		}
	}
}

// A rest of a minute owes nothing to the sound after it: a level is found in its time.
func TestSoundAfterALongRest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.LevelAbove, "main", func(s *alarm.Spec) { s.Above = alarm.At(-30) }))
		p := w.at("main", 48000, 2)
		p.play(zeros, time.Second)
		w.rest(time.Minute)
		began := time.Since(w.start)
		at := w.raisedAt(func() { p.play(sine(-20), 20*time.Millisecond) })
		if d := at - began - 5*time.Second; d < -200*time.Millisecond || d > 200*time.Millisecond { // its window is 100 ms long
			t.Errorf("raised after %v", at-began)
		}
		w.rest(10300 * time.Millisecond) // nothing is heard, so the level is not exceeded
		w.told(alarm.WasCleared)
	})
}

// One sample in time is enough, in any channel but those that do not count.
func TestASampleEndsSilence(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.Silence, "main"), on(alarm.Silence, "main", func(s *alarm.Spec) { s.Name, s.Channel = "left", 1 }))
		p := w.at("main", 48000, 2)
		for range 3 {
			p.play(zeros, 4*time.Second)
			p.play(func(n uint64, c int) float64 { return float64(c) * 0.0011 }, 20*time.Millisecond)
		}
		w.is(alarm.Silence, alarm.OK)
		w.is("left", alarm.Raised)
		if n := w.told(alarm.WasRaised); n[0].Alarm != "left" || n[0].Value != nil || n[0].Text != "silence of main: silence" {
			t.Errorf("%+v", n)
		}
	})
}

// The time begins where the sound ends, and not when the hub turns after that.
func TestTimeBeginsWhereSoundEnds(t *testing.T) {
	for _, last := range []time.Duration{0, 5 * time.Millisecond, 12 * time.Millisecond, 20 * time.Millisecond} {
		inWorld(t, func(w *world) {
			w.set(on(alarm.Silence, "main"))
			p := w.at("main", 48000, 2)
			p.block = 25 * time.Millisecond
			for range 100 { // 15 ms are heard in a turn, and 25 ms in the next: what jitters is not the end
				p.block = 40*time.Millisecond - p.block
				time.Sleep(20 * time.Millisecond)
				p.burst(sine(-20), p.block)
				p.turn()
			}
			end := time.Since(w.start) + last
			time.Sleep(20 * time.Millisecond)
			if last > 0 {
				p.burst(sine(-20), last)
				p.turn()
			}
			at := w.raisedAt(func() { w.rest(20 * time.Millisecond) })
			if d := at - end - 5*time.Second; d < -20*time.Millisecond || d > 20*time.Millisecond {
				t.Errorf("with %v in the last turn it is raised %v after its time", last, d)
			}
		})
	}
}
