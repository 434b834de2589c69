package backendtest_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

func TestClockIsHandedOver(t *testing.T) {
	backendtest.TestHeir(t, func(t *rapid.T) (one, twin backendtest.World) {
		c := backend.Config{Play: rapid.Bool().Draw(t, "play"), Record: rapid.Bool().Draw(t, "record"), Period: 10, Periods: 3}
		world := func() backendtest.World {
			k := backendtest.NewClock(c)
			k.Feed(backendtest.NewCounter(k.Granted().Format).Fill)
			return backendtest.World{Stream: k, Resume: k.Resume, Pass: k.Pass, Played: k.Played}
		}
		return world(), world()
	})
}

func TestDamagedClock(t *testing.T) {
	k := backendtest.NewClock(backend.Config{Play: true, Record: true})
	h, err := backendtest.HandOver(k)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.TestDamaged(t, h, k.Resume)
}
