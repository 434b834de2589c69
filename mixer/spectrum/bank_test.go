package spectrum_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/mixer/spectrum"
)

// The bands are those of IEC 61260-1: tables of the exact midband frequencies and of the nominal ones.
func TestBands(t *testing.T) {
	names := func(perOctave, rate int, low, high float64) (names []string) {
		bands, err := spectrum.Bands(perOctave, rate, low, high)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range bands {
			names = append(names, b.Name)
			if i > 0 {
				about(t, "the edge between two bands", b.Low, bands[i-1].High, 1e-6)
			}
		}
		return names
	}
	if got := names(1, 48000, 20, 20000); !slices.Equal(got, []string{"31.5", "63", "125", "250", "500", "1k", "2k", "4k", "8k", "16k"}) {
		t.Errorf("octaves: %v", got)
	}
	if got := names(3, 48000, 20, 20000); len(got) != 31 || got[0] != "20" || got[1] != "25" || got[17] != "1k" || got[30] != "20k" {
		t.Errorf("thirds: %v", got)
	}
	if got := names(3, 8000, 20, 20000); got[len(got)-1] != "3.15k" {
		t.Errorf("thirds at 8 kHz: %v", got)
	}
	thirds, _ := spectrum.Bands(3, 48000, 20, 20000)
	about(t, "the band of 20 Hz", thirds[0].Middle, 19.9526, 1e-4)
	about(t, "the band of 16 kHz", thirds[29].Middle, 15848.93, 1e-2)
	about(t, "its upper edge", thirds[29].High, 17782.79, 1e-2)
	halves, _ := spectrum.Bands(2, 48000, 900, 1300)
	if len(halves) != 1 {
		t.Fatalf("halves: %v", halves)
	}
	about(t, "half an octave above 1 kHz", halves[0].Middle, 1000*math.Pow(10, 0.3/4), 1e-6)
	if _, err := spectrum.Bands(0, 48000, 20, 20000); err == nil {
		t.Error("no band in an octave is taken")
	}
}

// A sine in the middle of a band has its level there, at any rate, and little in the bands beside.
func TestSineInBand(t *testing.T) {
	for _, rate := range []int{8000, 44100, 48000, 96000, 384000} {
		for _, perOctave := range []int{1, 3} {
			c := spectrum.BankConfig{Rate: rate, PerOctave: perOctave, Low: 400, High: 20000, Tau: 50 * time.Millisecond}
			bands := newBank(t, c).Bands()
			for i := 0; i < len(bands); i += 1 + len(bands)/6 {
				b := newBank(t, c)
				b.Add(sines(rate, rate/3, 0.5, bands[i].Middle), 1, 0)
				what := fmt.Sprintf("%d Hz, 1/%d octave, %s", rate, perOctave, bands[i].Name)
				about(t, what, spectrum.DB(b.Level(i)), -6.02, 0.1)
				for _, beside := range []int{i - 1, i + 1} {
					if beside >= 0 && beside < len(bands) && spectrum.DB(b.Level(beside)) > -20 {
						t.Errorf("%s: beside, in %s, there is %.1f dB", what, bands[beside].Name, spectrum.DB(b.Level(beside)))
					}
				}
			}
		}
	}
}

// The mean over all, the exponential mean and its maximum, once the filter has settled.
func TestBankMeans(t *testing.T) {
	const rate = 48000
	tone, hush := sines(rate, rate, 1, 1000), make([]float32, rate)
	all := newBank(t, spectrum.BankConfig{Rate: rate, PerOctave: 1, Low: 900, High: 1100})
	all.Add(tone[:300], 1, 0)
	about(t, "before it has settled", all.Level(0), 0, 0)
	all.Add(tone, 1, 0)
	all.Reset()
	all.Add(tone, 1, 0)
	about(t, "all of the time", all.Level(0), 1, 0.01)
	all.Add(hush, 1, 0)
	about(t, "half of the time", all.Level(0), 0.5, 0.01)
	all.Reset()
	all.Add(hush, 1, 0)
	about(t, "after Reset", all.Level(0), 0, 1e-9)
	slow := newBank(t, spectrum.BankConfig{Rate: rate, PerOctave: 1, Low: 900, High: 1100, Tau: time.Second})
	slow.Add(tone, 1, 0)
	about(t, "at first", slow.Level(0), 1, 0.01)
	slow.Add(tone, 1, 0)
	slow.Add(hush, 1, 0)
	about(t, "a time constant of silence later", slow.Level(0), math.Exp(-1), 0.01)
	about(t, "the maximum", slow.Maximum(0), 1, 0.01)
}
