package spectrum

import (
	"fmt"
	"math"
	"strings"
)

// Window is what the samples of a transform are multiplied with.
type Window uint8

// The windows, all of them sums of cosines. What a sine leaves in bins beyond its lobe is at most as loud as said here.
const (
	Hann            Window = iota // −31 dB, falling; a lobe of ±2 bins
	BlackmanHarris                // −92 dB, ±4 bins
	BlackmanHarris7               // −180 dB, ±7 bins: the only one that shows 24 bits
	FlatTop                       // −93 dB, ±5 bins: levels are right to 0.01 dB between bins
	Rectangular                   // −13 dB, ±1 bin: for signals that are periodic in the transform
	numberOfWindows int    = iota
)

// shapes are the names of windows, and their cosines.
func shapes() [numberOfWindows]shape {
	return [...]shape{
		Hann:           {"hann", []float64{0.5, 0.5}},
		BlackmanHarris: {"blackman-harris", []float64{0.35875, 0.48829, 0.14128, 0.01168}},
		BlackmanHarris7: {"blackman-harris-7", []float64{0.27105140069342, 0.43329793923448, 0.21812299954311, 0.06592544638803,
			0.01081174209837, 0.00077658482522, 0.00001388721735}},
		FlatTop:     {"flat-top", []float64{0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}},
		Rectangular: {"rectangular", []float64{1}},
	}
}

type shape struct {
	name    string
	cosines []float64 // of 0, 1, 2 … periods; the signs alternate
}

func (w Window) shape() shape {
	if int(w) < numberOfWindows {
		return shapes()[w]
	}
	return shapes()[Hann]
}

// String returns the name, such as "flat-top".
func (w Window) String() string { return w.shape().name }

// Windows returns all names.
func Windows() (names []string) {
	for _, s := range shapes() {
		names = append(names, s.name)
	}
	return names
}

// UnmarshalText understands the names.
func (w *Window) UnmarshalText(text []byte) error {
	for i, s := range shapes() {
		if s.name == string(text) {
			*w = Window(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a window; use one of %s", text, strings.Join(Windows(), ", "))
}

// MarshalText returns the name.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// Lobe returns how many bins to each side of a sine belong to it.
func (w Window) Lobe() int { return len(w.shape().cosines) }

// samples returns the window. It is periodic: the sample behind the last would be the first.
func (w Window) samples(n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		sign := 1.0
		for k, a := range w.shape().cosines {
			all[i] += sign * a * math.Cos(2*math.Pi*float64(k*i%n)/float64(n))
			sign = -sign
		}
	}
	return all
}

// at returns the amplitude that a sine has in a bin at a distance, as a part of what it has in its own. Distances are in
// bins and need not be whole.
func (w Window) at(distance float64) float64 {
	sum, cosines := 0.0, w.shape().cosines
	for k, a := range cosines {
		// Each cosine is two lines of half its amplitude. What alternates in the window does not here.
		sum += a / 2 * (sinc(distance-float64(k)) + sinc(distance+float64(k)))
	}
	return math.Abs(sum / cosines[0])
}

// sinc is the transform of a long rectangular window.
func sinc(x float64) float64 {
	if math.Abs(x) < 1e-12 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}
