package spectrum

import (
	"fmt"
	"math"
	"testing"
)

// limit is a line of table 1 of IEC 61260-1:2014: what the relative attenuation must be at a frequency, in dB, for class 1.
type limit struct {
	octaves     float64 // from the midband frequency, for a whole octave
	least, most float64
}

func limits() []limit {
	none := math.Inf(1)
	return []limit{{0, -0.4, 0.4}, {1.0 / 8, -0.4, 0.5}, {1.0 / 4, -0.4, 0.7}, {3.0 / 8, -0.4, 1.4}, {0.5 - 1e-9, -0.4, 5.3},
		{0.5, 1.2, none}, {1, 16.6, none}, {2, 40.5, none}, {3, 60, none}, {4, 70, none}}
}

// allowed returns the limits at a frequency, of which they are linear in the logarithm between the lines.
func allowed(ratio float64, perOctave int) (least, most float64) {
	g, b := octave(), float64(perOctave)
	if ratio < 1 {
		ratio = 1 / ratio
	}
	whole := 1 + (math.Sqrt(g)-1)/(math.Pow(g, 0.5/b)-1)*(ratio-1)
	at := math.Log(whole) / math.Log(g)
	all := limits()
	for i := 1; i < len(all); i++ {
		if l, h := all[i-1], all[i]; at < h.octaves {
			part := (at - l.octaves) / (h.octaves - l.octaves)
			least = l.least + part*(h.least-l.least)
			if most = math.Inf(1); !math.IsInf(h.most, 1) {
				most = l.most + part*(h.most-l.most)
			}
			return least, most
		}
	}
	return all[len(all)-1].least, math.Inf(1)
}

// gain returns what a bank makes of a sine in a band, with all that halving a rate brings with it.
func (b *Bank) gain(band int, frequency, rate float64) float64 {
	gain, f := 1.0, frequency/rate
	for _, s := range b.stages {
		if i := band - s.first; i >= 0 && i < len(s.filters) {
			return gain * s.filters[i].response(f)
		}
		gain *= s.halve.response(f)
		if f *= 2; f > 0.5 { // mirrored
			f = 1 - f
		}
	}
	return 0
}

// Every band is of class 1, up to those that end at 0.47 of the rate: its relative attenuation at all frequencies, and its
// effective bandwidth.
func TestClass(t *testing.T) {
	if raced {
		t.Skip("not tested: the class of bands; the race detector makes it slow, and there is one goroutine")
	}
	for _, rate := range []int{8000, 44100, 48000, 192000} {
		for _, perOctave := range []int{1, 2, 3, 6, 12, 24} {
			if rate != 48000 && perOctave > 3 {
				continue // they differ from those at 48 kHz in the uppermost bands alone
			}
			b, err := NewBank(BankConfig{Rate: rate, PerOctave: perOctave, Low: 20, High: 20000})
			if err != nil {
				t.Fatal(err)
			}
			for i, band := range b.Bands() {
				what := fmt.Sprintf("%d Hz, 1/%d octave, %s", rate, perOctave, band.Name)
				const steps = 60 // in an octave
				sum := 0.0
				failed := ""
				for x := -12 * steps; x < 12*steps; x++ {
					ratio := math.Pow(octave(), float64(x)/steps/math.Sqrt(float64(perOctave)))
					f := band.Middle * ratio
					if f >= float64(rate)/2 {
						break
					}
					attenuation := -20 * math.Log10(b.gain(i, f, float64(rate)))
					if least, most := allowed(ratio, perOctave); attenuation < least || attenuation > most {
						failed = fmt.Sprintf("at %.1f Hz the attenuation is %.2f dB, allowed are %.2f to %.2f", f, attenuation, least, most)
					}
				}
				const fine = 400
				width := math.Log(octave()) / float64(perOctave)
				for x := -4 * fine; x < 4*fine; x++ {
					if f := band.Middle * math.Exp(float64(x)/fine*width); f < float64(rate)/2 {
						sum += math.Pow(b.gain(i, f, float64(rate)), 2) / fine
					}
				}
				deviation := 10 * math.Log10(sum)
				if math.Abs(deviation) > 0.4 {
					failed += fmt.Sprintf(" the effective bandwidth is %.2f dB off", deviation)
				}
				if failed != "" {
					t.Errorf("%s: %s", what, failed)
				}
			}
		}
	}
}
