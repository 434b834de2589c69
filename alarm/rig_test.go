package alarm_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a board in virtual time, with places that a test plays at and subjects that it makes up.
type world struct {
	*testing.T
	*alarm.Board
	start time.Time

	mu       sync.Mutex
	ears     map[string][]tap.Ear
	facts    map[string]alarm.Facts
	changed  chan struct{}
	notices  []alarm.Notice
	failures []string
	triggers []string
}

// inWorld runs a test in virtual time, on a board that options may change.
func inWorld(t *testing.T, f func(w *world), options ...func(*alarm.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options...)
		defer w.Close()
		f(w)
	})
}

func newWorld(t *testing.T, options ...func(*alarm.Options)) *world {
	w := &world{T: t, start: time.Now(), ears: map[string][]tap.Ear{}, facts: map[string]alarm.Facts{}, changed: make(chan struct{})}
	o := alarm.Options{
		Listen: w.listen, Facts: w.factsOf,
		Revision: func() <-chan struct{} { w.mu.Lock(); defer w.mu.Unlock(); return w.changed },
		Tell:     func(n alarm.Notice) { w.mu.Lock(); defer w.mu.Unlock(); w.notices = append(w.notices, n) },
		Failed: func(name, action string, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failures = append(w.failures, name+" "+action+": "+err.Error())
		},
		Trigger: func(name string, on bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.triggers = append(w.triggers, map[bool]string{true: "+", false: "-"}[on]+name)
		},
	}
	for _, change := range options {
		change(&o)
	}
	w.Board = alarm.NewBoard(o)
	return w
}

func (w *world) listen(p tap.Place, e tap.Ear) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ears[p.String()] = append(w.ears[p.String()], e)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ears[p.String()] = slices.DeleteFunc(w.ears[p.String()], func(o tap.Ear) bool { return o == e })
	}
}

func (w *world) factsOf(name string) alarm.Facts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.facts[name]
}

// know makes something known of a subject; loud: with an event.
func (w *world) know(name string, f alarm.Facts, loud bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.facts[name] = f
	if loud {
		close(w.changed)
		w.changed = make(chan struct{})
	}
}

// set makes these the alarms.
func (w *world) set(specs ...alarm.Spec) {
	w.Helper()
	if err := w.Set(specs); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// on returns a Spec with defaults.
func on(k alarm.Kind, of string, change ...func(*alarm.Spec)) alarm.Spec {
	s := alarm.Default(k)
	s.Name, s.Of = string(k), of
	for _, f := range change {
		f(&s)
	}
	return s
}

// sound is what is heard at frame n in a channel.
type sound func(n uint64, channel int) float64

func zeros(uint64, int) float64 { return 0 }

// sine has a level in dBFS and 1/24 of the rate as frequency.
func sine(level float64) sound {
	gain := math.Pow(10, level/20)
	return func(n uint64, _ int) float64 { return gain * math.Sin(2*math.Pi*float64(n)/24) }
}

// player plays at a place, and keeps the count of its frames.
type player struct {
	*world
	ears  []tap.Ear
	f     audio.Format
	n     uint64
	block time.Duration
}

// at begins a format at a place.
func (w *world) at(place string, rate, channels int) *player {
	w.mu.Lock()
	p := &player{world: w, ears: slices.Clone(w.ears[place]), f: audio.Format{Rate: rate, Channels: channels}, block: tap.Every}
	w.mu.Unlock()
	for _, e := range p.ears {
		e.Begin(p.f)
	}
	return p
}

// frames returns the next frames of a sound.
func (p *player) frames(s sound, n int) []float32 {
	all := make([]float32, n*p.f.Channels)
	for i := range n {
		for c := range p.f.Channels {
			all[i*p.f.Channels+c] = float32(s(p.n, c))
		}
		p.n++
	}
	return all
}

// play plays for a time, in blocks that come when they are over.
func (p *player) play(s sound, d time.Duration) {
	for left := d; left > 0; left -= p.block {
		time.Sleep(min(p.block, left))
		p.burst(s, min(p.block, left))
		p.turn()
	}
	synctest.Wait()
}

// burst gives the ears so much sound at once.
func (p *player) burst(s sound, d time.Duration) {
	block := p.frames(s, int(p.f.Frames(d)))
	for _, e := range p.ears {
		e.Hear(block, 0)
	}
}

// rest lets time pass in which nothing is heard.
func (w *world) rest(d time.Duration) {
	for ; d > 0 && w.turn(); d -= tap.Every {
		time.Sleep(min(d, tap.Every))
		w.turn()
	}
	if d > 0 {
		time.Sleep(d)
	}
	synctest.Wait()
}

// turn is one of a hub. It reports whether anybody listens.
func (w *world) turn() bool {
	w.mu.Lock()
	var all []tap.Ear
	for _, ears := range w.ears {
		all = append(all, ears...)
	}
	w.mu.Unlock()
	for _, e := range all {
		e.(tap.Turner).Turn()
	}
	return len(all) > 0
}

// state returns the state of an alarm.
func (w *world) state(name alarm.Kind) alarm.State {
	w.Helper()
	s, err := w.Alarm(string(name))
	if err != nil {
		w.Fatal(err)
	}
	return s.State
}

// is fails the test unless an alarm is in a state.
func (w *world) is(name alarm.Kind, want alarm.State) {
	w.Helper()
	if got := w.state(name); got != want {
		w.Errorf("after %v %s is %s, and should be %s", time.Since(w.start), name, got, want)
	}
}

// changes returns what was told since it was called before.
func (w *world) changes() (all []alarm.Notice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, w.notices = w.notices, nil
	return all
}

// told fails the test unless exactly these changes were told.
func (w *world) told(want ...alarm.Change) []alarm.Notice {
	w.Helper()
	all := w.changes()
	var got []alarm.Change
	for _, n := range all {
		got = append(got, n.Change)
	}
	if !slices.Equal(got, want) {
		w.Errorf("after %v %v was told, and should be %v", time.Since(w.start), got, want)
	}
	return all
}
