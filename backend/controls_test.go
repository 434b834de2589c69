package backend_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// TestControlFeedMerges: unreceived changes are merged, not lost, and no sender waits for the receiver.
func TestControlFeedMerges(t *testing.T) {
	f := backend.NewControlFeed()
	f.Tell(backend.ControlChange{Jacks: audio.Record})
	f.Tell(backend.ControlChange{Replaced: true})
	f.Tell(backend.ControlChange{Jacks: audio.Play})
	if c := <-f.ControlChanges(); !c.Replaced || c.Jacks != audio.Play|audio.Record {
		t.Errorf("%+v", c)
	}
	f.Tell(backend.ControlChange{})
	f.Close()
	f.Close()
	f.Tell(backend.ControlChange{Replaced: true})
	if c, open := <-f.ControlChanges(); !open || c != (backend.ControlChange{}) {
		t.Errorf("%+v, open %v", c, open)
	}
	if c, open := <-f.ControlChanges(); open {
		t.Errorf("%+v after Close", c)
	}
}
