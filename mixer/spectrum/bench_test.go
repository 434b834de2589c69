package spectrum_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// BenchmarkSpectrum measures one channel at 48 kHz, a transform's worth at a time, and in the same run lets mixer.Meter
// measure peak and RMS of it. It tells per cent of one core, and the ratio of the two.
func BenchmarkSpectrum(b *testing.B) {
	const rate = 48000
	for _, size := range []int{2048, 16384, 65536} {
		a, err := spectrum.New(spectrum.Config{Rate: rate, Size: size, Window: spectrum.BlackmanHarris7, Overlap: 0.5})
		if err != nil {
			b.Fatal(err)
		}
		run(b, fmt.Sprintf("transform/%d", size), rate, func(x []float32) { a.Add(x, 1, 0) })
	}
	for _, perOctave := range []int{1, 3, 12} {
		bank, err := spectrum.NewBank(spectrum.BankConfig{Rate: rate, PerOctave: perOctave, Low: 20, High: 20000})
		if err != nil {
			b.Fatal(err)
		}
		run(b, fmt.Sprintf("bank/%d", perOctave), rate, func(x []float32) { bank.Add(x, 1, 0) })
	}
}

func run(b *testing.B, name string, rate int, add func([]float32)) {
	b.Run(name, func(b *testing.B) {
		x := sines(rate, 65536, 0.5, 997)
		m := mixer.NewMeter(1)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var adding, reference time.Duration
		for b.Loop() {
			start := now(b)
			add(x)
			middle := now(b)
			m.Measure(x)
			adding, reference = adding+middle-start, reference+now(b)-middle
		}
		seconds := float64(b.N) * float64(len(x)) / float64(rate)
		b.ReportMetric(adding.Seconds()/seconds*100, "%core")
		b.ReportMetric(float64(adding)/float64(reference), "×mixer.Meter")
		b.ReportMetric(0, "ns/op")
	})
}

// now is the time that the processor has spent on this thread: others may use the machine.
func now(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}
