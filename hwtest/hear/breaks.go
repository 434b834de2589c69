package hear

import (
	"math"
	"slices"
)

// Break is a place where a tone does not go on as it did.
type Break struct {
	Frame int     // the first that is out of place
	Size  float64 // how far, in parts of the amplitude
}

// Rounding of 16 bits moves the recurrence by no more than two units: four halves. Half a
// unit is added for a level that was changed and rounded once more.
const rounding = 2.5 / (1 << 15)

// Breaks finds where frames of a tone are missing, doubled or wrong. x must be the tone
// alone: not the silence around it, nor its attack. The amplitude must be 0.05 or more for
// a break at a crest of 16-bit sound to be seen; a lone wrong sample is, from two units on.
func Breaks(x []float64, rate int) (all []Break) {
	tone := FitTone(x, rate)
	if len(x) < 256 || tone.Hertz == 0 {
		return nil
	}
	two := 2 * math.Cos(2*math.Pi*tone.Hertz/float64(rate))
	e := make([]float64, len(x))
	var mean float64 // of an offset; the tone has none
	for i := 2; i < len(x); i++ {
		e[i] = x[i] - two*x[i-1] + x[i-2]
		mean += e[i] / float64(len(x))
	}
	size := make([]float64, len(x))
	for i := 2; i < len(x); i++ {
		size[i] = math.Abs(e[i] - mean)
	}
	// A path that interpolates or is analog is noisier; half of all frames are whole even
	// in a bad recording.
	sorted := slices.Sorted(slices.Values(size))
	limit := max(rounding, 8*sorted[len(sorted)/2])
	amplitude := math.Pow(10, tone.Level/20)
	for i := 2; i < len(x); i++ {
		if size[i] <= limit {
			continue
		}
		if n := len(all); n > 0 && i-all[n-1].Frame < 3 { // the recurrence rings for three frames
			all[n-1].Size = max(all[n-1].Size, size[i]/amplitude)
		} else {
			all = append(all, Break{i, size[i] / amplitude})
		}
	}
	return all
}
