//go:build portaudio && cgo

package portaudio_test

import (
	"os/exec"
	"runtime"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/portaudio"
)

// connect joins what PortAudio plays with what it records.
func (j *jack) connect(t *testing.T, channel string) {
	t.Helper()
	out, err := exec.Command("jack_connect", "--server", j.name, "PortAudio:out_"+channel, "PortAudio:in_"+channel).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestRoundTrip: what is played comes back bit for bit, and nothing is lost, in blocks of
// any size, over the bursts of a device and in encodings that are converted on the way.
func TestRoundTrip(t *testing.T) {
	for name, test := range map[string]struct {
		jack, period int
		encoding     audio.Encoding
	}{
		"float, fine":     {64, 256, audio.FloatLE},
		"float, the same": {256, 256, audio.FloatLE},
		"S16, coarse":     {1024, 128, audio.S16LE},
		"S24, odd":        {128, 100, audio.S24LE3},
		"S16BE, odd":      {512, 481, audio.S16BE},
	} {
		t.Run(name, func(t *testing.T) {
			j := startJack(t, 48000, test.jack)
			l := load(t)
			f := audio.Format{Rate: 48000, Channels: 2, Encoding: test.encoding}
			s, err := l.Open(backend.Config{Play: true, Record: true, Format: f, Period: test.period, Periods: 3}, portaudio.Options{Name: "system"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			g := s.Granted()
			t.Logf("granted %+v", g)
			if latent, ok := backend.As[portaudio.Latent](s); ok {
				play, record := latent.Latency()
				t.Log("latency", play, record)
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			j.connect(t, "0")
			j.connect(t, "1")

			counter := backendtest.NewCounter(f)
			block := make([]byte, g.Period*g.Periods*f.FrameBytes())
			var played, heard, lost uint64
			begun := false
			for heard < 48000 {
				tick, err := s.Wait()
				if err != nil {
					t.Fatal(err)
				}
				if lost += tick.Lost; tick.Lost > 0 {
					t.Logf("%d frames lost before %d", tick.Lost, tick.Position)
					begun, heard = false, 0 // begin again: the machine was busy
				}
				record := block[:tick.Readable*f.FrameBytes()]
				if _, err := s.Read(record); err != nil {
					t.Fatal(err)
				}
				for len(record) > 0 && !begun { // silence, until the first frame
					if _, err := counter.Check(record[:f.FrameBytes()], counter.Number(record)); err == nil {
						begun, heard = true, counter.Number(record)
						break
					}
					record = record[f.FrameBytes():]
				}
				if bad, err := counter.Check(record, heard); bad >= 0 {
					t.Fatalf("after %d frames, %d lost: %v", heard, lost, err)
				}
				heard += uint64(len(record) / f.FrameBytes())
				play := block[:tick.Writable*f.FrameBytes()]
				counter.Fill(play, played)
				if _, err := s.Write(play); err != nil {
					t.Fatal(err)
				}
				played += uint64(tick.Writable)
			}
			t.Logf("%d frames came back, %d behind, %d lost", heard, played-heard, lost)
		})
	}
}
