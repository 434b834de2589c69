package route_test

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
)

// handOver moves all but the clocks to another process. What stays of the old one stands still until done.
func (w *world) handOver(specs ...route.Spec) (done func()) {
	w.Helper()
	hold := w.board.Hold()
	frozen := w.bay.Freeze()
	loops, err := frozen.State()
	w.ok(err)
	type handed struct {
		Bay    loop.State
		Routes []route.Handed
	}
	var text bytes.Buffer
	w.ok(gob.NewEncoder(&text).Encode(handed{*loops, w.board.HandOver()}))
	var h handed
	w.ok(gob.NewDecoder(&text).Decode(&h))

	oldBoard, oldBay, oldEngines := w.board, w.bay, []*loop.Engine{}
	w.bay = loop.NewPatchbay()
	w.board = route.NewBoard(w.bay)
	for i, c := range w.cards {
		oldEngines = append(oldEngines, c.engine)
		s, err := c.Resume(h.Bay.Devices[i].Stream)
		w.ok(err)
		c.engine, err = loop.ResumeEngine(h.Bay.Devices[i].Name, s, loop.EngineOptions{}, &h.Bay.Devices[i])
		w.ok(err)
		w.ok(w.bay.AddDevice(c.engine))
	}
	routes := w.board.Resume()
	ends, err := w.bay.Resume(&h.Bay, routes.Host)
	w.ok(err)
	for i, s := range specs {
		w.ok(routes.Add(s, &h.Routes[i], ends))
	}
	w.bay.Run()
	routes.Run()
	synctest.Wait()
	return func() {
		frozen.Thaw()
		hold()
		oldBoard.Close()
		oldBay.Close()
		for _, e := range oldEngines {
			e.Close()
		}
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// TestHandover: a route between two clocks goes on in another process, and another one, as its twin in one process does,
// to the last bit: while it looks for the clocks, and once it is locked.
func TestHandover(t *testing.T) {
	specs := []route.Spec{spec("first", "a", "b"), spec("second", "b", "a")}
	specs[1].Setting.Gain = 100
	specs[1].Drift = route.None
	run := func(t *testing.T, move func(w *world) (done func())) (heard [2][]byte, seen []route.Status) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 100, -50)
			for i, c := range w.cards {
				c.sing()
				c.OnPlay(func(block []byte, _ uint64) { heard[i] = append(heard[i], block...) })
			}
			for _, s := range specs {
				_, err := w.board.Add(s)
				w.ok(err)
			}
			synctest.Wait()
			var done []func()
			for _, seconds := range []float64{.05, .3, .7, 1, 2, 5, .01, .01, 1} {
				w.run(seconds)
				done = append(done, move(w))
				synctest.Wait()
			}
			r, err := w.board.Route("second")
			w.ok(err)
			p, err := state.ParsePatch("play.gain=200")
			w.ok(err)
			_, err = r.Set(p)
			w.ok(err)
			w.run(3)
			for _, r := range w.board.Routes() {
				seen = append(seen, r.Status())
			}
			w.close()
			for _, end := range done {
				end()
			}
		})
		return heard, seen
	}
	want, twin := run(t, func(w *world) func() {
		hold := w.board.Hold()
		w.bay.Freeze().Thaw()
		hold()
		return func() {}
	})
	got, seen := run(t, func(w *world) func() { return w.handOver(specs...) })
	if twin[0].State != route.Flowing || twin[1].State != route.Flowing || len(want[0]) == 0 {
		t.Fatalf("the twin does not flow: %+v", twin)
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			n := 0
			for n < min(len(got[i]), len(want[i])) && got[i][n] == want[i][n] {
				n++
			}
			t.Errorf("card %d played %d bytes, its twin %d; they differ at %d", i, len(got[i]), len(want[i]), n)
		}
	}
	if !reflect.DeepEqual(seen, twin) {
		t.Errorf("the routes are\n%+v, their twins\n%+v", seen, twin)
	}
}
