package loop_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// countingHost knows how much memory it lends.
type countingHost struct{ lent atomic.Int32 }

func (h *countingHost) Memory(bytes int) ([]byte, error) {
	h.lent.Add(1)
	return make([]byte, bytes), nil
}
func (h *countingHost) Free([]byte)      { h.lent.Add(-1) }
func (h *countingHost) Ring()            {}
func (h *countingHost) Disconnect(error) {}

// TestRemovedLoopFreesAServerThatHadClosed: what it wrote was still on its way.
func TestRemovedLoopFreesAServerThatHadClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bay := loop.NewPatchbay()
		engine := loop.NewEngine("clock", backendtest.NewClock(backend.Config{Period: period}))
		if err := bay.Add(loop.Spec{Name: "loop0"}, engine); err != nil {
			t.Fatal(err)
		}
		h := &countingHost{}
		attach := func(role pcm.Role, d audio.Direction) *loop.End {
			e, err := bay.Attach(t.Context(), "loop0", pcm.Options{Role: role, Direction: d}, h)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Start(); err != nil {
				t.Fatal(err)
			}
			return e
		}
		s, c := attach(pcm.Server, pcm.Write), attach(pcm.Client, pcm.Read)
		w := ring.Writer{Ring: s.Grant().Ring}
		w.Write(make([]byte, 4*period*4))
		s.Abandon()
		synctest.Wait()
		if n := h.lent.Load(); n != 2 {
			t.Fatalf("%d rings, want those of both ends: nothing is delivered yet", n)
		}
		if err := bay.Remove("loop0"); err != nil {
			t.Fatal(err)
		}
		c.Abandon()
		if n := h.lent.Load(); n != 0 {
			t.Errorf("%d rings are left of a loop that was removed", n)
		}
		bay.Close()
		if err := engine.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
