package device

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/mixer"
)

// sponge is a device that takes and gives whatever it is asked for.
type sponge struct {
	backend.Stream
	frameBytes int
}

func (s sponge) Read(block []byte) (int, error)  { return len(block) / s.frameBytes, nil }
func (s sponge) Write(block []byte) (int, error) { return len(block) / s.frameBytes, nil }

// TestCycleAllocatesNothing: with all controls in use, and ports one at a time, both, and on
// their way.
func TestCycleAllocatesNothing(t *testing.T) {
	format := audio.Format{Rate: 48000, Channels: 4, Encoding: audio.S32LE}
	pairs := PortMap{Channels: map[audio.Ports][]int{1: {1, 2}, 2: {4, 3}}}
	for name, p := range map[string]Ports{"no ports": {}, "ports": {Play: pairs, Record: pairs}} {
		var s backend.Stream = sponge{backendtest.NewClock(backend.Config{Play: true, Record: true, Format: format, Period: 480, Periods: 4}), format.FrameBytes()}
		d, err := New(s, p, func(f func()) func() { f(); return func() {} })
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		block, unity := make([]byte, 480*d.Out.Format().FrameBytes()), mixer.NewFader(d.Out.Format().Channels, mixer.Neutral())
		ride, hush := d.newRide(playing, []float64{0, -1, -2}, 1, 0.9), d.newRide(playing, []float64{0, 1}, 1, 0)
		turn := 0
		if n := testing.AllocsPerRun(500, func() {
			turn++
			gain := turn % 200
			d.play.Set(mixer.Setting{Gain: gain, Balance: gain % 64})
			d.record.Set(mixer.Setting{Gain: gain, Balance: 32})
			d.monitor.Set(gain)
			if turn%2 == 0 { // else at rest
				d.ports[playing].enable(audio.Ports(turn/2%3 + 1))
				d.ports[recording].enable(audio.Ports(turn/4%3 + 1))
			}
			if d.rides[playing] == nil { // the hardware's part of a gain is always on its way
				d.rides[playing], d.muteRide = ride, hush
				ride.done, hush.done = 0, 0
				ride.due.Store(0)
				hush.due.Store(0)
			}
			if err := d.Record(s, 480); err != nil {
				t.Error(err)
			}
			d.In.Bytes()
			d.Begin(480)
			d.Out.Add(block, nil, unity)
			if err := d.Play(s, uint64(480*turn), 48000); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations in a cycle", name, n)
		}
		if d.samples[playing].Load() == 0 || d.samples[recording].Load() == 0 {
			t.Errorf("%s: nothing was moved", name)
		}
	}
}
