package history_test

import (
	"bytes"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/history"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/tap"
)

const period = 4800

// day is a device on which a program plays, and its history, in virtual time.
type day struct {
	*testing.T
	clock *backendtest.Clock
	bay   *loop.Patchbay
	keeps *history.Keeper
}

func onDay(t *testing.T, f func(d *day)) {
	synctest.Test(t, func(t *testing.T) {
		format := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}
		d := &day{T: t, bay: loop.NewPatchbay(), clock: backendtest.NewClock(backend.Config{Play: true, Period: period, Format: format})}
		engine := loop.NewEngine("main", d.clock)
		if err := d.bay.AddDevice(engine); err != nil {
			t.Fatal(err)
		}
		if err := d.bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play}, engine); err != nil {
			t.Fatal(err)
		}
		hub := tap.NewHub(d.bay)
		d.keeps = history.New(d.bay, hub)
		defer func() {
			d.keeps.Close()
			d.bay.Close()
			engine.Close()
			hub.Wait()
		}()
		f(d)
	})
}

// passes lets steps pass, each with a second of sound.
func (d *day) passes(steps int) {
	for range steps {
		for range 10 {
			d.clock.Advance(period)
			synctest.Wait()
			time.Sleep(history.Step / 10)
			synctest.Wait()
		}
	}
}

// plays has a program play a constant until it is closed.
func (d *day) plays(level float32) *pcm.PCM {
	d.Helper()
	return looptest.Constant(d, d.bay, "speaker", pcm.Options{Role: pcm.Client}, level, period)
}

func TestHistoryOfAPlaceAndItsDevice(t *testing.T) {
	onDay(t, func(d *day) {
		place := tap.Place{Subject: "main", Side: audio.Play}
		d.keeps.Watch([]tap.Place{place})
		d.passes(3)
		p := d.plays(0.5)
		d.passes(4)
		d.clock.Lose(period)
		d.passes(1)
		places, devices := d.keeps.Read(history.Steps, 1)
		if len(places) != 1 || len(devices) != 1 || places[0].Place != "main:play" || devices[0].Device != "main" {
			t.Fatalf("known are %+v, %+v", places, devices)
		}
		peak, xruns := places[0].Peak, devices[0].Xruns
		if len(peak) != 8 || peak[1] != history.Unknown || peak[7] != -602 {
			t.Errorf("peaks are %v, want nothing for 3 steps, and then -602", peak)
		}
		if len(xruns) != 8 || xruns[1] != history.Unknown || xruns[5] != 0 || xruns[7] != 1 {
			t.Errorf("xruns are %v, want one in the last step", xruns)
		}
		if places, _ := d.keeps.Read(4, 3); len(places[0].Peak) != 2 || places[0].Peak[0] != -602 {
			t.Errorf("4 steps in groups of 3 are %v", places[0].Peak)
		}
		d.keeps.Watch([]tap.Place{place, {Subject: "speaker/client"}})
		if places, _ := d.keeps.Read(99, 1); len(places) != 2 || len(places[0].Peak) != 8 || len(places[1].Peak) != 0 {
			t.Errorf("after another place came, known are %+v", places)
		}
		d.keeps.Watch(nil)
		go p.Close(d.Context())
		d.passes(1)
		if places, _ := d.keeps.Read(99, 1); len(places) != 0 {
			t.Errorf("nothing is watched, and known are %+v", places)
		}
	})
}

// looked counts how often a keeper looks at its bay.
type looked struct {
	*loop.Patchbay
	times atomic.Int64
}

func (l *looked) Status() []loop.Status {
	l.times.Add(1)
	return l.Patchbay.Status()
}

// A keeper with nothing to keep does not wake up, and knows afterwards how long that was.
func TestKeeperSleepsWhileNothingHappens(t *testing.T) {
	onDay(t, func(d *day) {
		bay := &looked{Patchbay: d.bay}
		hub := tap.NewHub(d.bay)
		keeps := history.New(bay, hub)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := bay.times.Load(); n > 1 {
			t.Errorf("it looked %d times in an hour of nothing", n)
		}
		if _, devices := keeps.Read(history.Steps, 1); len(devices) != 1 || len(devices[0].Xruns) != 360 || devices[0].Xruns[359] != history.Unknown {
			t.Errorf("after an hour of nothing, known are %+v", devices)
		}
		p := d.plays(0.5)
		d.passes(3)
		_, devices := keeps.Read(history.Steps, 1)
		if x := devices[0].Xruns; len(x) < 362 || len(x) > 363 || x[359] != history.Unknown || x[361] != 0 {
			t.Errorf("an hour and three steps later there are %d, the last ones %v", len(x), x[358:])
		}
		go p.Close(d.Context())
		d.passes(1)
		keeps.Close()
		hub.Wait()
	})
}

// Another process goes on with what is known.
func TestHistoryGoesOn(t *testing.T) {
	var past bytes.Buffer
	watched := []tap.Place{{Subject: "main", Side: audio.Play}}
	onDay(t, func(d *day) {
		d.keeps.Watch(watched)
		p := d.plays(0.5)
		d.passes(3)
		if err := d.keeps.Save(&past); err != nil {
			t.Error(err)
		}
		go p.Close(d.Context())
		d.passes(1)
	})
	onDay(t, func(d *day) {
		d.keeps.Watch(append(watched, tap.Place{Subject: "nobody"}))
		d.passes(1)
		if err := d.keeps.Load(&past); err != nil {
			t.Error(err)
		}
		places, devices := d.keeps.Read(history.Steps, 1)
		if p := places[0].Peak; len(p) != 4 || p[2] != -602 || p[3] != history.Unknown || len(places[1].Peak) != 1 {
			t.Errorf("after 3 steps in one process and 1 in another, known are %v and %v", p, places[1].Peak)
		}
		if x := devices[0].Xruns; len(x) != 4 || x[2] != 0 {
			t.Errorf("xruns are %v", x)
		}
		if err := d.keeps.Load(strings.NewReader("nonsense")); err == nil {
			t.Error("nonsense is read")
		}
	})
}

// A day has a bounded size, and an hour of 32 places is far below 2 MB.
func TestHistoryIsBounded(t *testing.T) {
	onDay(t, func(d *day) {
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		_, devices := d.keeps.Read(history.Steps, 1)
		if len(devices[0].PPM) != history.Steps {
			t.Errorf("after 25 h there are %d steps, want %d", len(devices[0].PPM), history.Steps)
		}
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	onDay(t, func(d *day) {
		var all []tap.Place
		for i := range 32 {
			all = append(all, tap.Place{Subject: string(rune('A' + i)), Side: audio.Play}, tap.Place{Subject: string(rune('A' + i)), Side: audio.Record})
		}
		d.keeps.Watch(all)
		runtime.GC()
		runtime.ReadMemStats(&before)
		time.Sleep(time.Hour)
		synctest.Wait()
		runtime.GC()
		runtime.ReadMemStats(&after)
		grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("an hour of 64 sides takes %d kB", grown>>10)
		if grown > 2<<20 {
			t.Errorf("an hour of 64 sides takes %d bytes, want at most 2 MB", grown)
		}
	})
}
