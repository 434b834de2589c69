package spectrum

import (
	"fmt"
	"math"
)

// Band is a part of an octave by IEC 61260-1, with base-ten frequencies in Hz.
type Band struct {
	Middle    float64 // the exact midband frequency
	Low, High float64 // the edges
	Name      string  // the nominal frequency, as "31.5" or "1k"
}

// The limits of the number of bands in an octave.
const (
	MinBands = 1
	MaxBands = 24
)

// octave is the ratio of base ten, 1.99526.
func octave() float64 { return math.Pow(10, 0.3) }

// Bands returns the bands of which an octave has so many whose middle is between two frequencies in Hz, and which a
// stream of a rate can hold: a band that ends beyond 0.47 of the rate is left out. A tenth of a band is allowed for at both
// ends, so that 20 Hz to 20 kHz has the bands of that name.
func Bands(perOctave, rate int, low, high float64) ([]Band, error) {
	if perOctave < MinBands || perOctave > MaxBands {
		return nil, fmt.Errorf("%d bands in an octave are out of range; use %d to %d", perOctave, MinBands, MaxBands)
	}
	const usable = 0.47
	b := float64(perOctave)
	half := math.Pow(octave(), 0.5/b)
	shift := 0.0 // with an even number of bands, 1 kHz is an edge
	if perOctave%2 == 0 {
		shift = 0.5
	}
	var all []Band
	first := math.Ceil(b*math.Log(low/1000)/math.Log(octave()) - shift - 0.1)
	for x := first; ; x++ {
		middle := 1000 * math.Pow(octave(), (x+shift)/b)
		band := Band{Middle: middle, Low: middle / half, High: middle * half}
		if middle > high*math.Pow(octave(), 0.1/b) || band.High > usable*float64(rate) {
			return all, nil
		}
		band.Name = nominal(middle, perOctave)
		all = append(all, band)
	}
}

// nominal returns what people call a frequency: by annex E of the standard, a preferred number for octaves and thirds, and
// three digits for less, or two where the first is 5 or more.
func nominal(f float64, perOctave int) string {
	decade := math.Floor(math.Log10(f) + 0.01)
	unit := math.Pow(10, decade)
	x := f / unit
	switch {
	case perOctave == 1 || perOctave == 3:
		thirds := [...]float64{1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8}
		x = thirds[((int(math.Round(10*math.Log10(x)))%10)+10)%10]
	case x < 5:
		x = math.Round(x*100) / 100
	default:
		x = math.Round(x*10) / 10
	}
	if f = x * unit; f >= 999 {
		return fmt.Sprintf("%.4gk", f/1000)
	}
	return fmt.Sprintf("%.4g", f)
}
