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

// echo checks what comes back.
type echo struct {
	counter backendtest.Counter
	frame   int    // bytes
	begun   bool   // next is the number of the next frame
	next    uint64 //
	good    int    // frames that came back in their place
	excused int    // for so many frames to come a hole is no fault
}

// listen takes whole frames. Before the first, and after a hole, anything may come.
func (e *echo) listen(record []byte) error {
	for len(record) > 0 {
		if !e.begun {
			number := e.counter.Number(record)
			if _, err := e.counter.Check(record[:e.frame], number); err != nil {
				record = record[e.frame:]
				continue
			}
			e.begun, e.next = true, number
		}
		bad, err := e.counter.Check(record, e.next)
		if bad < 0 {
			n := len(record) / e.frame
			e.good, e.excused, e.next = e.good+n, max(0, e.excused-n), e.next+uint64(n)
			return nil
		}
		if e.excused == 0 {
			return err
		}
		e.good, e.begun = e.good+bad, false
		record = record[bad*e.frame:]
	}
	return nil
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
			d, ok := backend.As[backend.Delayer](s)
			if !ok {
				t.Fatal("it does not say how late it is")
			}
			if play, record := d.Delay(); play < g.Period*g.Periods || record < 0 {
				t.Errorf("delay %d and %d with %d periods of %d", play, record, g.Periods, g.Period)
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
			var played, lost uint64
			e := echo{counter: counter, frame: f.FrameBytes()}
			for e.good < 48000 {
				tick, err := s.Wait()
				if err != nil {
					t.Fatal(err)
				}
				if lost += tick.Lost; tick.Lost > 0 { // the machine was busy, at first with connecting
					t.Logf("%d frames lost before %d", tick.Lost, tick.Position)
					e.excused = 4 * g.Format.Rate / 10
				}
				record := block[:tick.Readable*f.FrameBytes()]
				if _, err := s.Read(record); err != nil {
					t.Fatal(err)
				}
				if err := e.listen(record); err != nil {
					t.Fatalf("after %d frames, %d lost: %v", e.good, lost, err)
				}
				play := block[:tick.Writable*f.FrameBytes()]
				counter.Fill(play, played)
				if _, err := s.Write(play); err != nil {
					t.Fatal(err)
				}
				played += uint64(tick.Writable)
			}
			t.Logf("%d frames came back, %d lost", e.good, lost)
		})
	}
}
