package tap_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/tap"
)

const period = 480

// world is a device with a cranked clock, two loops beside it, and a hub, in virtual time.
type world struct {
	*testing.T
	bay    *loop.Patchbay
	clock  *backendtest.Clock
	engine *loop.Engine
	hub    *tap.Hub
}

func inWorld(t *testing.T, f func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		clock := backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period,
			Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}})
		w := &world{T: t, bay: loop.NewPatchbay(), clock: clock, engine: loop.NewEngine("main", clock)}
		if err := w.bay.AddDevice(w.engine); err != nil {
			t.Fatal(err)
		}
		for _, s := range []loop.Spec{
			{Name: "speaker", Attached: audio.Play, Clients: loop.Shared},
			{Name: "cable", Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}},
		} {
			if err := w.bay.Add(s, w.engine); err != nil {
				t.Fatal(err)
			}
		}
		w.hub = tap.NewHub(w.bay)
		f(w)
		w.bay.Close()
		w.engine.Close()
		w.hub.Wait()
	})
}

// run lets cycles pass, and the hub after each.
func (w *world) run(cycles int) {
	for range cycles {
		w.clock.Advance(period)
		synctest.Wait()
		time.Sleep(tap.Every)
		synctest.Wait()
	}
}

// plays opens an end that plays a constant until it is closed.
func (w *world) plays(name string, role pcm.Role, f audio.Format, level float32) *pcm.PCM {
	w.Helper()
	return looptest.Constant(w, w.bay, name, pcm.Options{Role: role, Format: f}, level, period)
}

// ear keeps what it hears.
type ear struct {
	begun  []audio.Format
	frames int
	lost   int
	last   []float32
}

func (e *ear) Begin(f audio.Format) { e.begun = append(e.begun, f) }

func (e *ear) Hear(frames []float32, lost int) {
	channels := e.begun[len(e.begun)-1].Channels
	e.frames, e.lost = e.frames+len(frames)/channels, e.lost+lost
	e.last = append(e.last[:0], frames...)
}

// level is that of all that was heard last, or NaN if it is not one.
func (e *ear) level() float64 {
	if len(e.last) == 0 {
		return math.NaN()
	}
	for _, s := range e.last {
		if s != e.last[0] {
			return math.NaN()
		}
	}
	return float64(e.last[0])
}

func place(t *testing.T, text string) tap.Place {
	t.Helper()
	p, err := tap.ParsePlace(text)
	if err != nil || p.String() != text {
		t.Fatal(p, err)
	}
	return p
}

// Every place hears what passes there: all of it, once, and each ear at it the same.
func TestEarsHearEveryFrame(t *testing.T) {
	inWorld(t, func(w *world) {
		ears := map[string]*ear{}
		var all []*tap.Listener
		for _, name := range []string{"main", "main:play", "speaker/client", "speaker/client:play", "main:record", "cable/server", "cable"} {
			ears[name] = &ear{}
			all = append(all, w.hub.Listen(place(t, name), ears[name]))
		}
		second := &ear{}
		all = append(all, w.hub.Listen(place(t, "main"), second))
		w.run(1)
		p := w.plays("speaker", pcm.Client, audio.Format{Rate: 48000, Channels: 2}, 0.25)
		synctest.Wait()
		w.run(3)
		before := ears["main"].frames
		w.run(50)
		for _, name := range []string{"main", "main:play", "speaker/client", "speaker/client:play"} {
			if e := ears[name]; e.level() != 0.25 || e.lost != 0 || len(e.begun) > 2 {
				t.Errorf("%s: %v, %d lost, begun %v", name, e.level(), e.lost, e.begun)
			}
		}
		if got := ears["main"].frames - before; got != 50*period || second.frames != ears["main"].frames || ears["main:play"].frames != second.frames {
			t.Errorf("%d frames of %d; %d and %d by others", got, 50*period, second.frames, ears["main:play"].frames)
		}
		if e := ears["cable/server"]; e.frames != 0 || len(e.begun) != 1 || e.begun[0].Channels != 0 {
			t.Errorf("nobody is there: %+v", e)
		}
		if e := ears["main:record"]; e.frames == 0 || e.level() != 0 {
			t.Errorf("recorded: %d frames of %v", e.frames, e.level())
		}
		for _, l := range all {
			l.Close()
		}
		heard := second.frames
		w.run(5)
		if second.frames != heard {
			t.Error("an ear hears after Close")
		}
		_ = p.Close(w.Context())
	})
}

// A device rests while nobody needs it. Who hears what it records needs it, but not who hears what it plays: nothing.
func TestListenersWakeADevice(t *testing.T) {
	inWorld(t, func(w *world) {
		listens := func(place string) (*ear, *tap.Listener) {
			p, err := tap.ParsePlace(place)
			if err != nil {
				t.Fatal(err)
			}
			e := &ear{}
			return e, w.hub.Listen(p, e)
		}
		_, l := listens("main:play")
		w.run(5)
		if w.engine.Ticks() {
			t.Error("a device runs because of somebody who hears what it plays")
		}
		l.Close()
		e, l := listens("main:record")
		w.run(5)
		if !w.engine.Ticks() || e.frames < 3*period {
			t.Errorf("the device runs: %v, %d frames were heard of %d", w.engine.Ticks(), e.frames, 5*period)
		}
		l.Close()
		w.run(5)
		if w.engine.Ticks() {
			t.Error("the device runs on though nobody needs it")
		}
	})
}

// A place need not be there yet. Programs at one end are summed; one of another format is left out.
func TestEarsFollowPrograms(t *testing.T) {
	inWorld(t, func(w *world) {
		e := &ear{}
		defer w.hub.Listen(place(t, "late/client"), e).Close()
		w.run(2)
		if len(e.begun) != 1 || e.begun[0].Channels != 0 {
			t.Fatalf("nothing is there: %v", e.begun)
		}
		if err := w.bay.Add(loop.Spec{Name: "late", Attached: audio.Play, Clients: loop.Shared}, w.engine); err != nil {
			t.Fatal(err)
		}
		stereo := audio.Format{Rate: 48000, Channels: 2}
		first := w.plays("late", pcm.Client, stereo, 0.25)
		w.run(5)
		if e.level() != 0.25 {
			t.Errorf("one program: %v", e.level())
		}
		second, third := w.plays("late", pcm.Client, stereo, 0.125), w.plays("late", pcm.Client, audio.Format{Rate: 48000, Channels: 1}, 0.5)
		w.run(5)
		if e.level() != 0.375 {
			t.Errorf("two programs of three: %v", e.level())
		}
		for _, p := range []*pcm.PCM{first, second, third} {
			go p.Close(w.Context())
		}
		w.run(100)
		if last := e.begun[len(e.begun)-1]; last.Channels != 0 {
			t.Errorf("all have gone: %v", e.begun)
		}
	})
}

// A hub that was stopped loses frames and says how many; its ears are told.
func TestLateHubCountsWhatItLost(t *testing.T) {
	inWorld(t, func(w *world) {
		e := &ear{}
		defer w.hub.Listen(place(t, "main"), e).Close()
		p := w.plays("speaker", pcm.Client, audio.Format{Rate: 48000, Channels: 2}, 0.25)
		w.run(5)
		frames := e.frames
		for range 200 { // two seconds in which no time passes for the hub
			w.clock.Advance(period)
			synctest.Wait()
		}
		w.run(1)
		if got := e.frames - frames + e.lost; got != 201*period || e.lost == 0 {
			t.Errorf("%d frames and %d lost, want %d", e.frames-frames, e.lost, 201*period)
		}
		go p.Close(w.Context())
		w.run(20)
	})
}

func TestPlacesThatAreNone(t *testing.T) {
	for _, text := range []string{"", ":play", ":record"} {
		if p, err := tap.ParsePlace(text); err == nil {
			t.Errorf("%q is %+v", text, p)
		}
	}
}

// turner is an ear that counts turns, and what it had heard by then.
type turner struct {
	ear
	turns, silent int
}

func (e *turner) Turn() {
	e.turns++
	if e.frames == 0 {
		e.silent++
	}
}

// Who wants to know of turns is told of each, after what came in it, and also if nothing came.
func TestEarsAreToldOfTurns(t *testing.T) {
	inWorld(t, func(w *world) {
		e := &turner{}
		l := w.hub.Listen(place(t, "cable"), e)
		w.run(10)
		if e.turns != 10 || e.silent != 10 {
			t.Errorf("%d turns, %d of them without frames", e.turns, e.silent)
		}
		l.Close()
		w.run(10)
		if e.turns != 10 {
			t.Errorf("%d turns after Close", e.turns-10)
		}
		heard := &turner{}
		defer w.hub.Listen(place(t, "main"), heard).Close()
		p := w.plays("speaker", pcm.Client, audio.Format{Rate: 48000, Channels: 2}, 0.25)
		synctest.Wait()
		w.run(10)
		if heard.frames == 0 || heard.silent == heard.turns {
			t.Errorf("%d frames, %d turns of %d before", heard.frames, heard.silent, heard.turns)
		}
		go p.Close(w.Context())
		w.run(20)
	})
}
