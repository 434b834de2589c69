package metrics_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/history"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/metrics"
	"github.com/loopbridge/loopbridge/tap"
)

// What is measured all the time has the levels of the last step.
func TestMetricsOfPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const second = 48000
		clock := backendtest.NewClock(backend.Config{Record: true, Period: second / 10,
			Format: audio.Format{Rate: second, Channels: 1, Encoding: audio.S16LE}})
		clock.Feed(func(block []byte, _ uint64) {
			for i := 1; i < len(block); i += 2 {
				block[i] = []byte{0x40, 0xc0}[i/2%2] // ±half of full scale
			}
		})
		bay := loop.NewPatchbay()
		engine := loop.NewEngine("mic", clock)
		if err := bay.AddDevice(engine); err != nil {
			t.Fatal(err)
		}
		hub := tap.NewHub(bay)
		past := history.New(bay, hub)
		past.Watch([]tap.Place{{Subject: "mic", Side: audio.Record}, {Subject: "nobody"}})
		for range int(history.Step / (100 * time.Millisecond)) {
			clock.Advance(second / 10)
			synctest.Wait()
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		g := metrics.Gatherer(metrics.Sources{Bay: bay, History: past})
		all, err := g.Gather()
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]float64{}
		for _, f := range all {
			for _, m := range f.GetMetric() {
				if len(m.GetLabel()) == 1 && m.GetLabel()[0].GetName() == "place" {
					found[f.GetName()+" "+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
				}
			}
		}
		if peak := found["loopbridge_place_peak_dbfs mic:record"]; peak != -6.02 || len(found) != 2 {
			t.Errorf("levels are %v, want a peak of -6.02 and a loudness of mic:record alone", found)
		}
		if problems, err := testutil.GatherAndLint(g); err != nil || len(problems) > 0 {
			t.Error(problems, err)
		}
		past.Close()
		bay.Close()
		engine.Close()
		hub.Wait()
	})
}
