package loop_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// TestChangeWhileItRuns: each way from one policy to another counts when the client leaves, and touches nobody before.
func TestChangeWhileItRuns(t *testing.T) {
	states := map[loop.Policy]ring.State{loop.Reset: ring.Ended, loop.Hold: ring.Armed, loop.Silence: ring.Running}
	for before := range states {
		for after, want := range states {
			for _, sharing := range []loop.Sharing{loop.Exclusive, loop.Shared} {
				synctest.Test(t, func(t *testing.T) { changeUnderClient(t, before, after, sharing, want) })
			}
		}
	}
}

func changeUnderClient(t *testing.T, before, after loop.Policy, sharing loop.Sharing, want ring.State) {
	bay := loop.NewPatchbay()
	clock := backendtest.NewClock(backend.Config{Period: period})
	engine := loop.NewEngine("clock", clock)
	spec := loop.Spec{Name: "loop0", OnClientClose: before, Clients: sharing}
	if err := bay.Add(spec, engine); err != nil {
		t.Fatal(err)
	}
	attach := func(role pcm.Role, d audio.Direction) *loop.End {
		e, err := bay.Attach(t.Context(), "loop0", pcm.Options{Role: role, Direction: d}, &countingHost{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Start(); err != nil {
			t.Fatal(err)
		}
		return e
	}
	s, c := attach(pcm.Server, pcm.Read), attach(pcm.Client, pcm.Write)
	(&ring.Writer{Ring: c.Grant().Ring}).Write(make([]byte, 8*period*4))
	clock.Advance(period)
	synctest.Wait()
	spec.OnClientClose, spec.StartTimeout, spec.Buffer = after, time.Hour, time.Second
	if err := bay.Change(spec); err != nil {
		t.Fatal(err)
	}
	if s.Ring.State() != ring.Running || c.Ring.State() != ring.Running {
		t.Errorf("%v to %v: the ends are %v and %v", before, after, s.Ring.State(), c.Ring.State())
	}
	c.Abandon()
	for range 20 {
		clock.Advance(period)
		synctest.Wait()
	}
	if got := s.Ring.State(); got != want {
		t.Errorf("%v to %v, %v: the server is %v, want %v", before, after, sharing, got, want)
	}
	s.Abandon()
	next := attach(pcm.Server, pcm.Read)
	if frames := next.Grant().Ring.Spec().Capacity; frames != 48000 {
		t.Errorf("the next end has a buffer of %d frames, want a second", frames)
	}
	next.Abandon()
	servertest.Is(t, bay.Change(loop.Spec{Name: "none"}), audio.ErrNoDevice)
	bay.Close()
	if err := engine.Close(); err != nil {
		t.Error(err)
	}
}

// TestRemoveDevice: no loop may be on it, and whoever is at its sides gets the end of the stream.
func TestRemoveDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bay := loop.NewPatchbay()
		var engines []*loop.Engine
		for _, name := range []string{"one", "two", "three"} {
			e := loop.NewEngine(name, backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period}))
			if err := bay.AddDevice(e); err != nil {
				t.Fatal(err)
			}
			engines = append(engines, e)
		}
		names := func(want ...string) {
			t.Helper()
			var got []string
			for _, e := range bay.Devices() {
				got = append(got, e.Name())
			}
			if !slices.Equal(got, want) {
				t.Errorf("devices %v, want %v", got, want)
			}
		}
		if err := bay.Add(loop.Spec{Name: "mic", Attached: audio.Record}, engines[1]); err != nil {
			t.Fatal(err)
		}
		h := &countingHost{}
		tap, err := bay.Attach(t.Context(), "two/heard", pcm.Options{Role: pcm.Client, Direction: pcm.Read}, h)
		if err != nil {
			t.Fatal(err)
		}
		if err := tap.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bay.RemoveDevice("two"); err == nil || err.Error() != "the loop mic is on the device two; remove it first" {
			t.Errorf("%v", err)
		}
		names("one", "two", "three")
		if err := bay.Remove("mic"); err != nil {
			t.Fatal(err)
		}
		e, err := bay.RemoveDevice("two")
		if err != nil || e != engines[1] {
			t.Fatalf("%v, %v", e, err)
		}
		if tap.Ring.State() != ring.Ended {
			t.Errorf("its tap is %v", tap.Ring.State())
		}
		names("one", "three")
		for _, name := range []string{"two", ""} {
			_, err = bay.RemoveDevice(name)
			servertest.Is(t, err, audio.ErrNoDevice)
		}
		_, err = bay.Attach(t.Context(), "two/play", pcm.Options{Role: pcm.Client, Direction: pcm.Write}, h)
		servertest.Is(t, err, audio.ErrNoDevice)
		tap.Abandon()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		again := loop.NewEngine("two", backendtest.NewClock(backend.Config{Play: true, Period: period}))
		if err := bay.AddDevice(again); err != nil {
			t.Fatal(err)
		}
		bay.OrderDevices([]string{"one", "two", "three"})
		names("one", "two", "three")
		bay.Close()
		for _, e := range []*loop.Engine{engines[0], again, engines[2]} {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
		if n := h.lent.Load(); n != 0 {
			t.Errorf("%d rings are left", n)
		}
	})
}
