package metering

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// The kernels with vectors and without, on a chunk.
func BenchmarkKernels(b *testing.B) {
	for _, channels := range []int{2, 64} {
		n, size := chunk/channels*channels, period(channels)
		work := make([]float32, (taps-1)*channels+n+padding)
		r := rand.New(rand.NewPCG(1, 1))
		for i := range work {
			work[i] = r.Float32()*2 - 1
		}
		src, peaks, sums := work[(taps-1)*channels:], make([]float32, size), make([]float64, 3*size)
		weights, f := interpolation(), newFilters(audio.Format{Rate: 48000, Channels: channels})
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"levels", func() { levelsVector(peaks, sums[:size], sums[size:2*size], sums[2*size:], src, n) }},
			{"levels_go", func() { levelsGo(peaks, sums[:size], sums[size:2*size], sums[2*size:], src, 0, n) }},
			{"quarters", func() { quartersVector(peaks, weights, work, n, channels) }},
			{"quarters_go", func() { quartersGo(peaks, weights, work, 0, n, channels) }},
			{"halves", func() { halvesVector(peaks, weights, work, n, channels) }},
			{"halves_go", func() { halvesGo(peaks, weights, work, 0, n, channels) }},
			{"weight", func() { weightVector(f.states, f.weighting, src, n/channels, channels) }},
			{"weight_go", func() { weightGo(f.states, f.weighting, src, n/channels, channels) }},
		} {
			b.Run(fmt.Sprintf("%d/%s", channels, k.name), func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				start := spent(b)
				for b.Loop() {
					k.run()
				}
				b.ReportMetric(float64(spent(b)-start)/float64(b.N)/float64(n), "ns/sample")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// spent is the time in ns that the processor has spent on this thread: others may use the machine.
func spent(b *testing.B) int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return t.Nano()
}
