package spectrum_test

import (
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// sines returns the sum of sines, each of an amplitude and a frequency in Hz.
func sines(rate, n int, pairs ...float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		sum := 0.0
		for k := 0; k < len(pairs); k += 2 {
			sum += pairs[k] * math.Sin(2*math.Pi*pairs[k+1]*float64(i)/float64(rate)+float64(k))
		}
		x[i] = float32(sum)
	}
	return x
}

func about(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v ± %v", what, got, want, tolerance)
	}
}

func newAnalyser(t *testing.T, c spectrum.Config) *spectrum.Analyser {
	t.Helper()
	a, err := spectrum.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func newBank(t *testing.T, c spectrum.BankConfig) *spectrum.Bank {
	t.Helper()
	b, err := spectrum.NewBank(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func windows() []spectrum.Window {
	return []spectrum.Window{spectrum.Hann, spectrum.BlackmanHarris, spectrum.BlackmanHarris7, spectrum.FlatTop, spectrum.Rectangular}
}
