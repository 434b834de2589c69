package record_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/record"
)

// BenchmarkRecorders is what 32 recorders of a stereo device at 48 kHz take, from its ring to the files, in real time:
// percent of a core, by the processor time of the process less that of the same device with 32 readers that write nothing.
func BenchmarkRecorders(b *testing.B) {
	for _, kind := range kinds() {
		b.Run(kind.String(), func(b *testing.B) {
			for b.Loop() {
				idle := usage(b, kind, true)
				b.ReportMetric(100*usage(b, kind, false), "percent")
				b.ReportMetric(100*idle, "percent_of_readers")
			}
		})
	}
}

// benchTime is how long recorders are measured.
const benchTime = 10 * time.Second

// usage returns the processor time of 32 recorders, in seconds a second. armed: they only listen.
func usage(b *testing.B, kind record.Format, armed bool) float64 {
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	clock, err := null.Open(backend.Config{Record: true, Format: f, Period: 480, Periods: 20}, null.Options{Input: &hum{music: hummed(f)}})
	if err != nil {
		b.Fatal(err)
	}
	bay, engine := loop.NewPatchbay(), loop.NewEngine("card", clock)
	must(bay.AddDevice(engine))
	board, dir := record.NewBoard(bay, record.OS()), b.TempDir()
	for i := range 32 {
		s := record.Spec{Name: "r" + num(uint64(i)), Of: "card", Path: filepath.Join(dir, "{name}-{n}"), Format: kind}
		if armed {
			s.Trigger = "never"
		}
		if _, err := board.Add(s); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(2 * time.Second)
	before := spent()
	time.Sleep(benchTime)
	seconds := (spent() - before).Seconds() / benchTime.Seconds()
	for _, r := range board.Recorders() {
		if s := r.Status(); s.Gaps != 0 || !armed && s.Frames < uint64(benchTime.Seconds())*48000 {
			b.Errorf("%+v", s)
		}
	}
	board.Close()
	bay.Close()
	must(engine.Close())
	return seconds
}

// spent returns the processor time of the process.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hum is an input that is like music: tones with overtones, and a floor of noise.
type hum struct{ music []byte }

// Fill implements null.Source.
func (h *hum) Fill(block []byte, first uint64) {
	at := int(first*4) % len(h.music)
	for len(block) > 0 {
		n := copy(block, h.music[at:])
		block, at = block[n:], 0
	}
}

// hummed returns three seconds of it.
func hummed(f audio.Format) []byte {
	r, x := rand.New(rand.NewPCG(3, 4)), make([]float32, 2*3*48000)
	for i := range x {
		t, sum := float64(i/2)/48000, 0.0
		for n := 1; n <= 12; n++ {
			sum += 0.15 / float64(n) * math.Sin(2*math.Pi*220*float64(n)*t+float64(n*n))
		}
		x[i] = float32(sum + r.NormFloat64()*0.002)
	}
	b := make([]byte, len(x)*f.Encoding.Bytes())
	f.Encoding.Encode(b, x, nil)
	return b
}
