package alarm_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
)

// An alarm goes through all states, as the package comment draws them.
func TestStates(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.Silence, "main"))
		p := w.at("main", 48000, 2)
		p.play(sine(-20), time.Second)
		w.is(alarm.Silence, alarm.OK)
		if err := w.Acknowledge("silence", "anna", ""); !errors.Is(err, audio.ErrBusy) {
			t.Errorf("there is nothing to acknowledge: %v", err)
		}
		p.play(zeros, 4*time.Second)
		w.is(alarm.Silence, alarm.Pending)
		p.play(sine(-20), 20*time.Millisecond)
		w.is(alarm.Silence, alarm.OK)
		w.told()
		p.play(zeros, 5100*time.Millisecond)
		w.is(alarm.Silence, alarm.Raised)
		w.told(alarm.WasRaised)

		p.play(sine(-20), 9*time.Second)
		w.is(alarm.Silence, alarm.Clearing)
		p.play(zeros, 500*time.Millisecond) // a pause, shorter than its time
		w.is(alarm.Silence, alarm.Clearing)
		p.play(zeros, 6*time.Second)
		w.told(alarm.WasCleared, alarm.WasRaised) // the pause was over before
		if err := w.Acknowledge("silence", "anna", "a cable"); err != nil {
			t.Fatal(err)
		}
		w.is(alarm.Silence, alarm.Acknowledged)
		if n := w.told(alarm.WasAcknowledged); n[0].By != "anna" || n[0].Note != "a cable" {
			t.Errorf("%+v", n)
		}
		p.play(sine(-20), 5*time.Second)
		w.is(alarm.Silence, alarm.Clearing)
		p.play(zeros, 5500*time.Millisecond) // back, and still known
		w.is(alarm.Silence, alarm.Acknowledged)
		p.play(sine(-20), 10100*time.Millisecond)
		w.is(alarm.Silence, alarm.OK)
		w.told(alarm.WasCleared)
		if s, _ := w.Alarm("silence"); s.Raises != 2 || s.Ack.Text != "a cable" {
			t.Errorf("%+v", s)
		}
		if err := w.Acknowledge("none", "anna", ""); !errors.Is(err, audio.ErrNoDevice) {
			t.Errorf("%v", err)
		}
	})
}

// An alarm that is raised again and again stays raised until it is calm, whatever the condition does.
func TestFlappingIsLimited(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.NoClient, "phone", func(s *alarm.Spec) { s.For, s.Clear = 0, time.Second }))
		for i := range 100 {
			w.know("phone", alarm.Facts{Clients: i % 2}, true)
			w.rest(2 * time.Second)
		}
		raised, last := 0, alarm.Notice{}
		for _, n := range w.changes() {
			if last = n; n.Change == alarm.WasRaised {
				raised++
			}
		}
		if s, _ := w.Alarm("no-client"); len(s.History) != 2*alarm.FlapRaises-1 {
			t.Errorf("%+v", s.History)
		}
		if raised != alarm.FlapRaises || !last.Flapping || last.Change != alarm.WasRaised {
			t.Errorf("raised %d times, last %+v", raised, last)
		}
		w.know("phone", alarm.Facts{Clients: 1}, true)
		w.rest(alarm.FlapTime - 3*time.Second)
		w.is(alarm.NoClient, alarm.Clearing)
		w.rest(4 * time.Second)
		w.told(alarm.WasCleared)
		w.know("phone", alarm.Facts{}, true)
		w.rest(time.Second)
		if n := w.told(alarm.WasRaised); n[0].Flapping {
			t.Error("it flaps for ever")
		}
	})
}

// Only monotonic time counts: a time of day that jumps years back and forth raises and clears nothing.
func TestTimeOfDayJumps(t *testing.T) {
	wall := time.Date(2026, 3, 29, 1, 59, 59, 0, time.UTC)
	inWorld(t, func(w *world) {
		w.set(on(alarm.Silence, "main"), on(alarm.NoClient, "phone"))
		w.know("phone", alarm.Facts{Clients: 1}, true)
		p := w.at("main", 48000, 2)
		for _, jump := range []int{1, -30, 40, 0} {
			p.play(sine(-20), time.Second)
			w.know("phone", alarm.Facts{}, true)
			p.play(zeros, 4*time.Second)
			wall = wall.AddDate(jump, 0, 0)
			p.play(zeros, 500*time.Millisecond)
			w.know("phone", alarm.Facts{Clients: 1}, true)
			p.play(sine(-20), 20*time.Millisecond)
			w.told()
		}
		w.rest(4900 * time.Millisecond)
		wall = wall.AddDate(-10, 0, 0)
		w.told()
		w.rest(200 * time.Millisecond)
		if n := w.told(alarm.WasRaised); !n[0].Time.Equal(wall) {
			t.Errorf("%+v", n)
		}
	}, func(o *alarm.Options) { o.Wall = func() time.Time { return wall } })
}

// What was raised stays so for the next process, with who knows of it; it is not told again, and ends when it is over.
func TestStateSurvives(t *testing.T) {
	var saved map[string]alarm.Saved
	spec := on(alarm.Silence, "main")
	inWorld(t, func(w *world) {
		w.Restore(map[string]alarm.Saved{"other": {On: alarm.DC, State: alarm.Raised}})
		w.set(spec)
		w.rest(6 * time.Second)
		if err := w.Acknowledge("silence", "anna", "known"); err != nil {
			t.Fatal(err)
		}
		saved = w.Saved()
	})
	if saved["other"].State != alarm.Raised {
		t.Errorf("what is not there now is lost: %+v", saved)
	}
	inWorld(t, func(w *world) {
		w.Restore(saved)
		w.set(spec)
		w.is(alarm.Silence, alarm.Acknowledged)
		w.rest(time.Minute)
		w.told()
		if s, _ := w.Alarm("silence"); s.Ack.By != "anna" || s.Raises != 1 || s.Raised.IsZero() || len(s.History) != 2 || s.History[1].Change != alarm.WasAcknowledged {
			t.Errorf("%+v", s)
		}
		w.at("main", 48000, 2).play(sine(-20), 11*time.Second)
		w.told(alarm.WasCleared)
		if _, err := w.Test(w.Context(), "silence"); err != nil {
			t.Error(err)
		}
		if want := []string{"+silence", "-silence", "+silence", "-silence"}; !slices.Equal(w.triggers, want) {
			t.Errorf("%v, want %v", w.triggers, want)
		}
	})
	inWorld(t, func(w *world) { // under the name something else is watched now
		other := on(alarm.Silence, "other")
		w.Restore(saved)
		w.set(other)
		w.is(alarm.Silence, alarm.OK)
	})
}

// A reload changes parameters of an alarm that goes on, and begins one anew that watches something else.
func TestSetKeepsWhatGoesOn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(on(alarm.Silence, "main"))
		w.rest(6 * time.Second)
		w.told(alarm.WasRaised)
		w.set(on(alarm.Silence, "main", func(s *alarm.Spec) { s.For, s.Clear = time.Second, 2*time.Second }), on(alarm.NoClient, "phone"))
		w.is(alarm.Silence, alarm.Raised)
		w.told()
		w.at("main", 48000, 2).play(sine(-20), 3*time.Second)
		w.told(alarm.WasCleared)
		w.rest(1100 * time.Millisecond)
		w.rest(2 * time.Second)
		w.told(alarm.WasRaised, alarm.WasRaised)
		w.set(on(alarm.Silence, "other"))
		w.told(alarm.WasCleared, alarm.WasCleared)
		w.is(alarm.Silence, alarm.OK)
		if err := w.Set([]alarm.Spec{on(alarm.Silence, "a"), on(alarm.Silence, "b")}); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("two of a name: %v", err)
		}
		if err := w.Set([]alarm.Spec{on(alarm.LevelAbove, "a")}); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("no threshold: %v", err)
		}
		if all := w.Alarms(); len(all) != 1 || all[0].Of != "other" {
			t.Errorf("%+v", all)
		}
	})
}

// Whoever restarts a daemon does not make an alarm flap anew.
func TestFlappingSurvives(t *testing.T) {
	spec := on(alarm.NoClient, "phone", func(s *alarm.Spec) { s.For, s.Clear = 0, time.Second })
	raise := func(w *world, times int) {
		w.know("phone", alarm.Facts{Clients: 1}, true)
		w.set(spec)
		for range times {
			w.know("phone", alarm.Facts{}, true)
			w.rest(2 * time.Second)
			w.know("phone", alarm.Facts{Clients: 1}, true)
			w.rest(2 * time.Second)
		}
	}
	var saved map[string]alarm.Saved
	inWorld(t, func(w *world) { raise(w, alarm.FlapRaises-1); saved = w.Saved() })
	inWorld(t, func(w *world) {
		w.Restore(saved)
		raise(w, 1)
		if s, _ := w.Alarm("no-client"); !s.Flapping || s.State != alarm.Clearing {
			t.Errorf("%+v", s)
		}
		saved = w.Saved()
	})
	inWorld(t, func(w *world) {
		w.Restore(saved)
		raise(w, 1)
		w.told()
	})
}
