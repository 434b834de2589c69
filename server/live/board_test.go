package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/live"
	"github.com/loopbridge/loopbridge/tap"
)

const period = 480

// desk is a device on which a program plays, and a board, in virtual time.
type desk struct {
	*testing.T
	clock *backendtest.Clock
	bay   *loop.Patchbay
	board *live.Board
}

func atDesk(t *testing.T, f func(d *desk)) {
	synctest.Test(t, func(t *testing.T) {
		format := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}
		d := &desk{T: t, bay: loop.NewPatchbay(), clock: backendtest.NewClock(backend.Config{Play: true, Period: period, Format: format})}
		engine := loop.NewEngine("main", d.clock)
		if err := d.bay.AddDevice(engine); err != nil {
			t.Fatal(err)
		}
		if err := d.bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play}, engine); err != nil {
			t.Fatal(err)
		}
		hub := tap.NewHub(d.bay)
		d.board = live.NewBoard(hub)
		defer func() {
			d.bay.Close()
			engine.Close()
			if !t.Failed() {
				d.board.Wait()
				hub.Wait()
			}
		}()
		f(d)
	})
}

// run lets turns of the board pass, each after the periods of its time.
func (d *desk) run(turns int) {
	for range turns * int(live.Every/(10*time.Millisecond)) {
		d.clock.Advance(period)
		synctest.Wait()
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
	}
}

// plays has a program play a constant until it is closed.
func (d *desk) plays(level float32) *pcm.PCM {
	d.Helper()
	return looptest.Constant(d, d.bay, "speaker", pcm.Options{Role: pcm.Client}, level, period)
}

// ends has a program close, which waits until all that it wrote is played.
func (d *desk) ends(p *pcm.PCM) {
	go func() { _ = p.Close(d.Context()) }()
	d.run(4)
}

// watches is a viewer of places.
func (d *desk) watches(m api.LiveMeters) *live.Viewer {
	d.Helper()
	w := live.NewViewer()
	if err := d.board.Watch(w, &m); err != nil {
		d.Fatal(err)
	}
	return w
}

// next is what a viewer is shown now.
func (d *desk) next(w *live.Viewer) (m api.LiveMessage) {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), time.Minute)
	defer cancel()
	text, err := w.Next(ctx)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		d.Fatalf("%v in %s", err, text)
	}
	return m
}

// is fails the test unless a value of a meter is as it should be, within one.
func (d *desk) is(what string, got *int, want int) {
	d.Helper()
	if got == nil || *got < want-1 || *got > want+1 {
		d.Errorf("%s: got %v, want %d", what, text(got), want)
	}
}

func text(v *int) any {
	if v == nil {
		return "nothing"
	}
	return *v
}

func TestMetersOfWhatIsHeard(t *testing.T) {
	atDesk(t, func(d *desk) {
		p := d.plays(0.5)
		w := d.watches(api.LiveMeters{Places: []string{"main:play", "nobody", "speaker/client"}, Want: []string{"levels", "true_peak", "loudness"}})
		d.run(30)
		m := d.next(w).Meters
		if len(m) != 3 || m[0] == nil || m[1] != nil || m[2] == nil {
			t.Fatalf("shown are %v", m)
		}
		for i, place := range map[int]string{0: "main:play", 2: "speaker/client"} {
			d.is(place+" peak", m[i].Peak[0], -602)
			d.is(place+" RMS", m[i].RMS[1], -602)
			if len(m[i].DC) != 2 || m[i].DC[0] < 499000 || m[i].DC[0] > 501000 {
				t.Errorf("%s: DC is %v, want half of full scale", place, m[i].DC)
			}
			if m[i].Silence != 0 || m[i].Clipped != 0 {
				t.Errorf("%s: silence %d, clipped %d", place, m[i].Silence, m[i].Clipped)
			}
		}
		d.ends(p)
		d.run(10)
		d.next(w)
		d.run(1)
		if m := d.next(w).Meters; m[0] == nil || m[0].Peak[0] != nil || m[0].Silence == 0 {
			t.Errorf("nobody plays any more, and main:play shows %+v", m[0])
		} else if m[2] != nil {
			t.Errorf("nobody holds the end, and it shows %+v", m[2])
		}
		d.board.Leave(w)
	})
}

// Viewers who ask for the same share a measurement; own ones begin anew alone.
func TestOwnMetersAreReset(t *testing.T) {
	atDesk(t, func(d *desk) {
		defer d.ends(d.plays(0.5))
		places := api.LiveMeters{Places: []string{"main:play"}, Want: []string{"loudness"}}
		a, b := d.watches(places), d.watches(places)
		places.Own = true
		own := d.watches(places)
		d.run(20)
		if d.board.Reset(a) || !d.board.Reset(own) {
			t.Error("shared meters were reset, or own ones were not")
		}
		for _, w := range []*live.Viewer{a, b, own} {
			d.next(w)
		}
		d.run(2) // less than the 0.4 s of a block
		if m := d.next(a).Meters[0]; m.Integrated == nil {
			t.Error("the reset of another viewer reset the loudness of shared meters")
		}
		if m := d.next(own).Meters[0]; m.Integrated != nil {
			t.Errorf("after a reset, loudness is still %d", *m.Integrated)
		}
		for _, w := range []*live.Viewer{a, b, own} {
			d.board.Leave(w)
		}
	})
}

func TestLateViewerGetsTheLatest(t *testing.T) {
	atDesk(t, func(d *desk) {
		w := d.watches(api.LiveMeters{Places: []string{"main:play"}})
		d.run(10)
		p := d.plays(0.25)
		d.run(10)
		d.is("peak", d.next(w).Meters[0].Peak[0], -1204)
		if got := w.Missed(); got < 15 {
			t.Errorf("a viewer that did not look missed %d texts of 20", got)
		}
		for range 300 {
			w.Tell([]byte("{}"))
		}
		if _, err := w.Next(d.Context()); !errors.Is(err, audio.ErrReset) {
			t.Errorf("a viewer that did not take 300 events gets %v, want ErrReset", err)
		}
		d.board.Leave(w)
		d.ends(p)
	})
}

func TestEvery(t *testing.T) {
	atDesk(t, func(d *desk) {
		fast, slow := d.watches(api.LiveMeters{Places: []string{"main:play"}}), d.watches(api.LiveMeters{Places: []string{"main:play"}, Every: 200})
		d.run(40)
		if f, s := fast.Missed()+1, slow.Missed()+1; f != 40 || s != 10 {
			t.Errorf("in 2 s there were %d texts each 50 ms, and %d each 200 ms", f, s)
		}
		d.board.Leave(fast)
		d.board.Leave(slow)
	})
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	atDesk(t, func(d *desk) {
		w := d.watches(api.LiveMeters{Places: []string{"main:play"}})
		for _, m := range []api.LiveMeters{
			{Places: make([]string, 257)}, {Places: []string{""}}, {Places: []string{"main"}, Want: []string{"beauty"}},
			{Places: []string{"main"}, Every: -1}, {Places: []string{"main"}, Every: 20000},
		} {
			if err := d.board.Watch(w, &m); !errors.Is(err, audio.ErrInvalid) {
				t.Errorf("%+v: got %v, want ErrInvalid", m, err)
			}
		}
		d.run(1)
		if len(d.next(w).Meters) != 1 {
			t.Error("what was watched before is not shown any more")
		}
		if err := d.board.Watch(w, &api.LiveMeters{}); err != nil {
			t.Error(err)
		}
	})
}

// Who asks while the daemon stops is refused, and nothing is measured for it.
func TestNobodyWatchesABoardThatWasWaitedFor(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.board.Wait()
		w := live.NewViewer()
		if err := d.board.Watch(w, &api.LiveMeters{Places: []string{"main:play"}}); !errors.Is(err, audio.ErrReset) {
			t.Errorf("got %v, want ErrReset", err)
		}
	})
}
