package resample_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/resample"
	"github.com/loopbridge/loopbridge/resample/resampletest"
)

// wanted is the residual in dB at 1, 10 and 18 kHz, and the edge of the passband in parts
// of half the rate.
var wanted = map[resample.Quality]struct {
	rest [3]float64
	edge float64
}{
	resample.Fast: {[3]float64{105, 100, 90}, 0.85},
	resample.Good: {[3]float64{140, 130, 120}, 0.90},
	resample.Best: {[3]float64{150, 145, 140}, 0.95},
}

// conversions are in Hz, and by how much the ratio is adjusted.
var conversions = []struct {
	in, out int
	factor  float64
}{{48000, 48000, 1.0001}, {44100, 48000, 1}, {48000, 44100, 1}, {96000, 48000, 1}, {48000, 96000, 1}}

// each runs a test for all qualities and conversions.
func each(t *testing.T, test func(t *testing.T, q resample.Quality, through func(frequency float64) []float32, in, out float64)) {
	for _, q := range resample.Qualities() {
		for _, c := range conversions {
			t.Run(fmt.Sprintf("%s/%d to %d by %g", q, c.in, c.out, c.factor), func(t *testing.T) {
				t.Parallel()
				r, err := resample.New(resample.Config{Channels: 2, In: c.in, Out: c.out, Quality: q, Vary: c.factor - 1})
				if err != nil {
					t.Fatal(err)
				}
				if got := r.Adjust(c.factor); got != c.factor {
					t.Fatalf("Adjust(%v) takes %v", c.factor, got)
				}
				in := float64(c.in) * c.factor
				test(t, q, func(frequency float64) []float32 {
					return resampletest.Middle(resampletest.Run(r, resampletest.Tone(frequency/in, c.in), 256))
				}, in, float64(c.out))
			})
		}
	}
}

func TestD12Residual(t *testing.T) {
	each(t, func(t *testing.T, q resample.Quality, through func(float64) []float32, in, out float64) {
		for i, frequency := range []float64{997, 10000, 18000} {
			fit := resampletest.FitTone(through(frequency), frequency/out)
			t.Logf("%5.0f Hz: %.1f dB", frequency, fit.Residual)
			if -fit.Residual < wanted[q].rest[i] {
				t.Errorf("%5.0f Hz: residual %.1f dB, want -%.0f", frequency, fit.Residual, wanted[q].rest[i])
			}
		}
	})
}

// TestD12Sweep steps a full-scale tone through the passband: its level stays, and neither
// images nor aliases appear.
func TestD12Sweep(t *testing.T) {
	each(t, func(t *testing.T, q resample.Quality, through func(float64) []float32, in, out float64) {
		edge := wanted[q].edge * min(in, out) / 2
		worst, least := -1000.0, 0.0
		for frequency := edge; frequency > 20; frequency -= edge / 24 {
			fit := resampletest.FitTone(through(frequency), frequency/out)
			worst = max(worst, fit.Residual)
			if math.Abs(fit.Gain) > math.Abs(least) {
				least = fit.Gain
			}
		}
		t.Logf("residual at most %.1f dB, gain %+.4f dB", worst, least)
		if -worst < wanted[q].rest[2] {
			t.Errorf("residual %.1f dB, want -%.0f", worst, wanted[q].rest[2])
		}
		if math.Abs(least) > 0.1 {
			t.Errorf("gain %+.4f dB", least)
		}
	})
}

// TestD12Stopband: what the output cannot hold does not come through.
func TestD12Stopband(t *testing.T) {
	each(t, func(t *testing.T, q resample.Quality, through func(float64) []float32, in, out float64) {
		for frequency := (2 - wanted[q].edge) * out / 2; frequency < in/2; frequency += out / 40 {
			power := resampletest.Power(through(frequency))
			if -power < wanted[q].rest[2] {
				t.Errorf("%.0f Hz comes through with %.1f dB, want -%.0f", frequency, power, wanted[q].rest[2])
			}
		}
	})
}

// TestD12Latency: what is stated is what it takes, and within the limits.
func TestD12Latency(t *testing.T) {
	for q, most := range map[resample.Quality]float64{resample.Fast: 0.4e-3, resample.Good: 1.0e-3, resample.Best: 3e-3} {
		for _, rates := range [][2]int{{44100, 48000}, {48000, 44100}} {
			r, err := resample.New(resample.Config{Channels: 1, In: rates[0], Out: rates[1], Quality: q})
			if err != nil {
				t.Fatal(err)
			}
			out, frames := make([]float32, 1), 0
			for given := 0; given == 0; frames++ {
				given, _ = r.Process(out, []float32{1})
			}
			if frames != r.Latency()+1 {
				t.Errorf("%s from %d Hz: the first frame came after %d frames, stated are %d beyond its place", q, rates[0], frames, r.Latency())
			}
			if got := float64(r.Latency()) / float64(rates[0]); got > most {
				t.Errorf("%s from %d Hz: %.2f ms", q, rates[0], got*1e3)
			}
		}
	}
}
