package route_test

import (
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
)

const period = 480

// TestRouteWithinOneClock: what a device records it plays, bit by bit, as soon as a client could.
func TestRouteWithinOneClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period})
		engine, bay := loop.NewEngine("card", clock), loop.NewPatchbay()
		if err := bay.AddDevice(engine); err != nil {
			t.Fatal(err)
		}
		board := route.NewBoard(bay)
		defer engine.Close()
		defer bay.Close()
		defer board.Close()

		c := backendtest.NewCounter(clock.Granted().Format)
		size := clock.Granted().Format.FrameBytes()
		var late []uint64
		clock.Feed(c.Fill)
		clock.OnPlay(func(block []byte, first uint64) {
			for i := range uint64(len(block) / size) {
				frame := block[i*uint64(size):][:size]
				if n := c.Number(frame); n != 0 {
					late = append(late, first+i-n)
				}
			}
		})
		r, err := board.Add(route.Spec{Name: "monitor", From: "card", To: "card", Setting: mixer.Neutral()})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for range 100 {
			clock.Advance(period)
			synctest.Wait()
		}
		t.Logf("%v %+v", r.Err(), r.Info().Play)
		t.Log(len(late), late[:min(20, len(late))], late[max(0, len(late)-20):])
	})
}
