package metering_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/mixer/metering"
)

// BenchmarkMeter measures seconds of sound at 48 kHz, in blocks of 20 ms as an ear of package tap is given them, and in
// the same run lets mixer.Meter measure peak and RMS of the same blocks, by turns, so that both meet the same machine. It
// tells per cent of one core, and the ratio of the two.
func BenchmarkMeter(b *testing.B) {
	for _, channels := range []int{2, 6, 64} {
		for _, c := range []struct {
			name string
			want metering.Want
		}{{"levels", metering.Levels}, {"truepeak", metering.TruePeak}, {"loudness", metering.Loudness}, {"all", all}} {
			b.Run(fmt.Sprintf("%d/%s", channels, c.name), func(b *testing.B) {
				const frames = 960
				block := noise(rand.New(rand.NewPCG(1, 1)), frames*channels)
				for i := range block {
					block[i] *= 0.9
				}
				m, engine := metering.New(format(48000, channels), c.want), mixer.NewMeter(channels)
				var r metering.Reading
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				var measuring, reference time.Duration
				for b.Loop() {
					start := now(b)
					for range 5 { // 100 ms
						m.Measure(block)
					}
					m.Read(&r)
					m.Read(&r)
					middle := now(b)
					for range 5 {
						engine.Measure(block)
					}
					measuring, reference = measuring+middle-start, reference+now(b)-middle
				}
				b.ReportMetric(float64(measuring)/float64(b.N)/float64(100*time.Millisecond)*100, "%core")
				b.ReportMetric(float64(measuring)/float64(b.N)/(5*frames*float64(channels)), "ns/sample")
				b.ReportMetric(float64(measuring)/float64(reference), "×mixer.Meter")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// now is the time that the processor has spent on this thread: others may use the machine.
func now(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}
