package spectrum_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// A sine of full scale in the middle of a bin has 0 dB there, with any window and size, and no more than the window says
// elsewhere.
func TestSineHasItsLevel(t *testing.T) {
	leak := map[spectrum.Window]float64{spectrum.Hann: -31, spectrum.BlackmanHarris: -92, spectrum.BlackmanHarris7: -140,
		spectrum.FlatTop: -93, spectrum.Rectangular: -140}
	for size := spectrum.MinSize; size <= spectrum.MaxSize; size *= 2 {
		for _, w := range windows() {
			const rate, bin = 48000, 200
			a := newAnalyser(t, spectrum.Config{Rate: rate, Size: size, Window: w, Overlap: 0.5})
			f := a.Frequency(bin)
			if n := a.Add(sines(rate, 3*size, 1, f), 1, 0); n != 5 || a.Count() != 5 {
				t.Errorf("%v, %d samples: %d transforms", w, size, n)
			}
			about(t, fmt.Sprintf("%v of %d: level", w, size), spectrum.DB(a.Power()[bin]), 0, 1e-4)
			sum := 0.0
			for i, p := range a.Power() {
				sum += p / a.Noise()
				if d := max(i-bin, bin-i); d >= w.Lobe() && spectrum.DB(p) > leak[w] {
					t.Errorf("%v of %d: %d bins away there is %.1f dB", w, size, d, spectrum.DB(p))
				}
			}
			about(t, fmt.Sprintf("%v of %d: sum", w, size), sum, 1, 1e-4)
		}
	}
}

// Noise has the same level in the sum of all bins as by its samples, and a channel is not mixed with the next.
func TestNoiseHasItsLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	frames := make([]float32, 2*400_000)
	squares := 0.0
	for i := 0; i < len(frames); i += 2 {
		frames[i], frames[i+1] = r.Float32()*0.2-0.1, 1
		squares += float64(frames[i]) * float64(frames[i])
	}
	want := 2 * squares / 400_000
	for _, w := range windows() {
		a := newAnalyser(t, spectrum.Config{Rate: 48000, Size: 4096, Window: w, Overlap: 0.75})
		a.Add(frames[:1001*2], 2, 0)
		a.Add(frames[1001*2:], 2, 0)
		sum := 0.0
		for _, p := range a.Power()[1:] {
			sum += p / a.Noise()
		}
		about(t, fmt.Sprintf("%v: noise in dB", w), spectrum.DB(sum), spectrum.DB(want), 0.1)
	}
}

// A mean over all counts each transform alike; an exponential one forgets as fast as its time constant says; maxima stay.
func TestMeanAndMaximum(t *testing.T) {
	const rate, size, bin = 48000, 2048, 64
	loud := sines(rate, size, 1, bin*float64(rate)/size)
	quiet := make([]float32, size)
	all := newAnalyser(t, spectrum.Config{Rate: rate, Size: size, Window: spectrum.Rectangular})
	all.Add(loud, 1, 0)
	for range 3 {
		all.Add(quiet, 1, 0)
	}
	about(t, "mean of four", all.Power()[bin], 0.25, 1e-6)
	about(t, "maximum", all.Maximum()[bin], 1, 1e-6)
	all.Reset()
	all.Add(quiet, 1, 0)
	about(t, "after Reset", all.Power()[bin]+all.Maximum()[bin], 0, 1e-6)

	tau := 10 * time.Duration(size) * time.Second / rate
	fading := newAnalyser(t, spectrum.Config{Rate: rate, Size: size, Window: spectrum.Rectangular, Tau: tau})
	for range 30 {
		fading.Add(loud, 1, 0)
	}
	about(t, "at first", fading.Power()[bin], 1, 1e-4)
	for range 10 {
		fading.Add(quiet, 1, 0)
	}
	about(t, "after a time constant", fading.Power()[bin], math.Exp(-1), 1e-4)
}

// The frequency of a sine between bins is found far nearer than a bin, and so is its level.
func TestToneBetweenBins(t *testing.T) {
	const rate, size = 48000, 8192
	for _, w := range windows()[:4] {
		for step := range 20 {
			f := 1000 + float64(step)*0.05*rate/size
			a := newAnalyser(t, spectrum.Config{Rate: rate, Size: size, Window: w, Overlap: 0.5})
			a.Add(sines(rate, 2*size, 0.5, f), 1, 0)
			tone := a.FindTone(20, 20000)
			about(t, fmt.Sprintf("%v: frequency", w), tone.Frequency, f, 0.002)
			about(t, fmt.Sprintf("%v: level", w), spectrum.DB(tone.Power), 20*math.Log10(0.5), 0.02)
		}
	}
}

// Distortion and noise that were put in are found.
func TestDistortion(t *testing.T) {
	const rate, n = 48000, 480_000
	for i, w := range []spectrum.Window{spectrum.BlackmanHarris, spectrum.BlackmanHarris7, spectrum.FlatTop, spectrum.BlackmanHarris7} {
		size := []int{16384, 16384, 16384, 2048}[i] // in the last, a seventh of all bins belongs to harmonics
		a := newAnalyser(t, spectrum.Config{Rate: rate, Size: size, Window: w, Overlap: 0.5})
		r := rand.New(rand.NewPCG(1, 2))
		x := sines(rate, n, 0.5, 997, 0.005, 1994, 0.0005, 2991)
		rms := 1e-4
		if w == spectrum.FlatTop {
			rms = 1e-3 // beside its lobe there are many bins of −93 dB
		}
		for i := range x {
			x[i] += float32(rms * r.NormFloat64())
		}
		a.Add(x, 1, 0)
		tone := a.FindTone(20, 20000)
		about(t, fmt.Sprintf("%v: frequency", w), tone.Frequency, 997, 0.001)
		about(t, fmt.Sprintf("%v: level", w), spectrum.DB(tone.Power), -6.0206, 0.01)
		about(t, fmt.Sprintf("%v: second harmonic", w), spectrum.DB(tone.Harmonics[0]/tone.Power), -40, 0.05)
		about(t, fmt.Sprintf("%v: third harmonic", w), spectrum.DB(tone.Harmonics[1]/tone.Power), -60, 0.3)
		about(t, fmt.Sprintf("%v: THD", w), tone.THD, math.Hypot(0.01, 0.001), 2e-5)
		inside := rms * math.Sqrt((20000-20)/24000.0)
		noise := 20 * math.Log10(inside*math.Sqrt2)
		about(t, fmt.Sprintf("%v: noise", w), spectrum.DB(tone.Noise), noise, 0.2)
		about(t, fmt.Sprintf("%v: SNR", w), tone.SNR(), -6.0206-noise, 0.2)
		about(t, fmt.Sprintf("%v: THD+N", w), tone.THDN, math.Sqrt(0.01*0.01+0.001*0.001+8*inside*inside), 2e-5)
	}
}

// What 24 bits leave of a sine is found below −140 dB.
func TestQuantisation(t *testing.T) {
	const rate, size = 48000, 65536
	for bits, want := range map[int]float64{16: -98.1, 24: -146.2} {
		a := newAnalyser(t, spectrum.Config{Rate: rate, Size: size, Window: spectrum.BlackmanHarris7, Overlap: 0.5})
		step := math.Pow(2, float64(1-bits))
		x := make([]float32, 3*size)
		for i := range x { // no dither: the phase is random enough at 997 Hz
			x[i] = float32(math.Round((1-step)*math.Sin(2*math.Pi*997.3*float64(i)/rate)/step) * step)
		}
		a.Add(x, 1, 0)
		tone := a.FindTone(20, 24000)
		about(t, fmt.Sprintf("%d bits: noise and distortion in dB", bits), 20*math.Log10(tone.THDN), want, 1)
	}
}

func TestNothingIsNoTone(t *testing.T) {
	a := newAnalyser(t, spectrum.Config{Rate: 48000, Size: 4096})
	a.Add(make([]float32, 8192), 1, 0)
	if tone := a.FindTone(20, 20000); tone.Found {
		t.Errorf("in silence there is %+v", tone)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []spectrum.Config{{Rate: 48000, Size: 1024}, {Rate: 48000, Size: 131072}, {Rate: 48000, Size: 3000},
		{Rate: 48000, Size: 4096, Overlap: 1}, {Rate: 48000, Size: 4096, Overlap: math.NaN()}, {Size: 4096}} {
		if _, err := spectrum.New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	for _, name := range spectrum.Windows() {
		var w spectrum.Window
		if err := w.UnmarshalText([]byte(name)); err != nil || w.String() != name {
			t.Errorf("%s: %v, %v", name, w, err)
		}
	}
	var w spectrum.Window
	if err := w.UnmarshalText([]byte("hamm")); err == nil {
		t.Error("hamm is taken")
	}
}

func TestAddAllocatesNothing(t *testing.T) {
	a := newAnalyser(t, spectrum.Config{Rate: 48000, Size: 2048, Overlap: 0.5})
	b := newBank(t, spectrum.BankConfig{Rate: 48000, PerOctave: 3, Low: 20, High: 20000})
	x := sines(48000, 2*4800, 0.5, 1000)
	if n := testing.AllocsPerRun(50, func() { a.Add(x, 2, 1); b.Add(x, 2, 1) }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}
