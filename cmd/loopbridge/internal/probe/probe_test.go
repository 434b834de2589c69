package probe_test

import (
	"errors"
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/probe"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

func engine(t *testing.T, name string, c backend.Config, o null.Options) *loop.Engine {
	t.Helper()
	e, err := servertest.Null(name, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func clientEnd(name string) probe.End { return probe.End{Name: name, Role: pcm.Client} }

// sequence is how long that of a measurement is: a latency begins anew after it, as that of a cable to which a stall has added much.
const sequence = 1<<13 - 1

// measured runs a measurement.
func measured(t *testing.T, o probe.Options) *probe.Report {
	t.Helper()
	r, err := attempt(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// attempt is a measurement, which a machine that stalls disturbs.
func attempt(t *testing.T, o probe.Options) (*probe.Report, error) {
	t.Helper()
	if o.Order == 0 {
		o.Order = 13
	}
	o.Periods, o.Amplitude = 2, 0.1
	p, err := probe.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Run(t.Context())
}

// TestCable: the length of a cable is what is measured, to the frame, each time.
func TestCable(t *testing.T) {
	for _, length := range []int{480, 5001} {
		cable := trial.NewCable(audio.DefaultFormat(), length)
		d := servertest.Start(t, servertest.Options{Devices: []*loop.Engine{
			engine(t, "card", backend.Config{Play: true, Record: true}, null.Options{Input: cable, Output: cable}),
		}})
		keep(t, d.Path, "card/play", "card/record")
		for _, channel := range []int{0, 2} {
			r, added := undisturbed(t, cable, probe.Options{
				Socket: d.Path, Play: clientEnd("card/play"), Record: clientEnd("card/record"), Channel: channel,
			})
			if !r.SameClock || len(r.Channels) != 2-channel/2 {
				t.Errorf("%+v", r)
			}
			for i, c := range r.Channels {
				want := float64(length + added)
				if !c.Found || c.Play != max(i+1, channel) || c.Record != c.Play || math.Abs(math.Remainder(c.Latency-want, sequence)) > 0.01 {
					t.Errorf("channel %d to %d: %.2f frames, want %.0f", c.Play, c.Record, c.Latency, want)
				}
			}
		}
	}
}

// keep lets devices run until the end of the test, so that a cable between them keeps its length.
func keep(t *testing.T, socket, play, record string) {
	t.Helper()
	for name, direction := range map[string]audio.Direction{play: pcm.Write, record: pcm.Read} {
		p, err := client.Open(t.Context(), socket, name, pcm.Options{Role: pcm.Client, Direction: direction})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Abandon)
		if direction == pcm.Write {
			_, err = p.Write(t.Context(), make([]byte, p.Buffer()*p.Format().FrameBytes()))
		} else {
			_, err = p.Read(t.Context(), make([]byte, p.Format().FrameBytes()))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// undisturbed measures while a cable adds no silence, as it does when the machine stalls. It returns how much it has
// added before.
func undisturbed(t *testing.T, cable *trial.Cable, o probe.Options) (r *probe.Report, added int) {
	t.Helper()
	for range 20 {
		added = cable.Silent()
		r, err := attempt(t, o)
		switch {
		case errors.Is(err, audio.ErrXrun):
		case err != nil:
			t.Fatal(err)
		case cable.Silent() == added:
			return r, added
		}
	}
	t.Fatal("the machine stalls all the time: 20 measurements were disturbed")
	return nil, 0
}

// TestPair: nothing is between the two ends of a loop of programs, whoever is the server.
func TestPair(t *testing.T) {
	d := servertest.Start(t, servertest.Options{})
	for _, role := range []pcm.Role{pcm.Client, pcm.Server} {
		other := pcm.Server
		if role == pcm.Server {
			other = pcm.Client
		}
		r := measured(t, probe.Options{
			Socket: d.Path, Play: probe.End{Name: "loop0", Role: role}, Record: probe.End{Name: "loop0", Role: other},
			Channel: 2,
		})
		if len(r.Channels) != 1 || !r.Channels[0].Found || r.Channels[0].Latency != 0 || r.Channels[0].Record != 2 {
			t.Errorf("%v plays: %+v", role, r.Channels)
		}
	}
}

// TestTwoClocks: a cable between two devices has one length, as long as both go on. A device that was late and lost frames
// would leave more in the cable, so they have room for two seconds.
func TestTwoClocks(t *testing.T) {
	const patient = 200 // periods of 10 ms
	cable := trial.NewCable(audio.DefaultFormat(), 4800)
	d := servertest.Start(t, servertest.Options{Devices: []*loop.Engine{
		engine(t, "a", backend.Config{Play: true, Periods: patient}, null.Options{Output: cable}),
		engine(t, "b", backend.Config{Record: true, Periods: patient}, null.Options{Input: cable}),
	}})
	keep(t, d.Path, "a/play", "b/record")
	var all []float64
	for range 3 {
		r, added := undisturbed(t, cable, probe.Options{Socket: d.Path, Play: clientEnd("a/play"), Record: clientEnd("b/record"), Channel: 1})
		if r.SameClock || !r.Channels[0].Found {
			t.Fatalf("%+v", r)
		}
		all = append(all, r.Channels[0].Latency-float64(added))
		t.Logf("%.2f frames, %.2f ppm", r.Channels[0].Latency, r.Channels[0].Drift)
	}
	for _, l := range all {
		if math.Abs(math.Remainder(l-all[0], sequence)) > 1 {
			t.Errorf("%.2f frames, and %.2f the first time", l, all[0])
		}
	}
}
