package top

import (
	"fmt"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// noRoutes is for daemons that have none.
type noRoutes struct{}

func (noRoutes) Add([]byte) (string, error)         { return "", audio.ErrUnsupported }
func (noRoutes) Remove(string) error                { return audio.ErrNoDevice }
func (noRoutes) Route(string) (*route.Route, error) { return nil, audio.ErrNoDevice }
func (noRoutes) Routes() []*route.Route             { return nil }

// noRecorders is the same for recorders.
type noRecorders struct{ recording }

type recording = server.Recorders

func (noRecorders) Recorders() []*record.Recorder { return nil }

// A daemon with many loops is asked for the ends of some of them at a time; those of which an event has told come first.
func TestEndsAreAskedForBitByBit(t *testing.T) {
	o := servertest.Options{Panel: server.Panel{Routes: noRoutes{}, Recorders: noRecorders{}}}
	for i := range 70 {
		o.Loops = append(o.Loops, loop.Spec{Name: fmt.Sprintf("loop%02d", i)})
	}
	d := servertest.Start(t, o)
	client := control.New(d.Path)
	defer client.Close()
	s := newSource(client)
	look := func(stale ...string) *Snapshot {
		t.Helper()
		now, err := s.look(servertest.Guard(t), stale)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	for _, want := range []int{32, 64, 70, 70} {
		if n := len(look().Ends); n != want {
			t.Errorf("%d ends are known, want %d", n, want)
		}
	}
	p, err := state.ParsePatch("play.gain=9")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Set(t.Context(), "loop69", p); err != nil {
		t.Fatal(err)
	}
	if now := look("loop69", "gone"); now.Ends["loop69"].Info.Play.Gain != 9 {
		t.Errorf("after an event its gain is %d", now.Ends["loop69"].Info.Play.Gain)
	}
	p, _ = state.ParsePatch("play.gain=7")
	if _, err := client.Set(t.Context(), "loop69", p); err != nil {
		t.Fatal(err)
	}
	last := 0
	for range 70 { // without an event, it is seen some time
		last = look().Ends["loop69"].Info.Play.Gain
	}
	if last != 7 {
		t.Errorf("without an event its gain is %d", last)
	}
	if err := d.Bay.Remove("loop69"); err != nil {
		t.Fatal(err)
	}
	if now := look(); len(now.Ends) != 69 || len(stripsOf(now)) != 69 {
		t.Errorf("without a loop there are %d ends", len(now.Ends))
	}
	if all, err := Once(t.Context(), client, Shortest, false); err != nil || len(all.Ends) != 69 || len(all.Meters) != 69 {
		t.Errorf("at once: %v, %+v", err, all)
	}
}
