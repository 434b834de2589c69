package measure_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/measure"
)

// world is a path made up for a test.
type world struct {
	delay    float64 // frames
	gain     float64
	noise    float64 // deviation
	offset   float64 // a constant
	ppm      float64 // by which it comes later and later
	limit    float64 // clips there; 0: nowhere
	echoes   [][2]float64
	loudness float64 // amplitude of what is played
}

// record returns what comes of a sequence that has been played for ever.
func (w world) record(s *measure.Sequence, frames int) []float32 {
	random := rand.New(rand.NewPCG(1, 2))
	out := make([]float32, frames)
	paths := append([][2]float64{{w.delay, w.gain}}, w.echoes...)
	for i := range out {
		v := w.offset + w.noise*random.NormFloat64()
		for _, p := range paths {
			v += p[1] * w.loudness * at(s, float64(i)/(1+w.ppm*1e-6)-p[0])
		}
		if w.limit > 0 {
			v = max(-w.limit, min(w.limit, v))
		}
		out[i] = float32(v)
	}
	return out
}

// at returns the sequence between two frames, as a band-limited signal.
func at(s *measure.Sequence, x float64) float64 {
	n := s.Len()
	whole := math.Floor(x)
	part := x - whole
	index := func(k int) int { return ((int(whole)+k)%n + n) % n }
	if part < 1e-9 {
		return float64(s.At(index(0)))
	}
	v, sine := 0.0, -math.Sin(math.Pi*part)/math.Pi
	for k := -23; k <= 24; k++ {
		u := float64(k) - part
		weight := sine / u * (0.5 + 0.5*math.Cos(math.Pi*u/25))
		if k&1 != 0 {
			weight = -weight
		}
		v += weight * float64(s.At(index(k)))
	}
	return v
}

func sequence(t testing.TB, order int) *measure.Sequence {
	t.Helper()
	s, err := measure.New(order)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// long leaves a test that is long, and of one goroutine at a time, to a run without the race detector.
func long(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("too long with the race detector")
	}
}

// TestSequencesAreOfMaximumLength: the autocorrelation of each is 2^n−1 at 0 and −1 elsewhere.
func TestSequencesAreOfMaximumLength(t *testing.T) {
	for order := measure.MinOrder; order <= measure.MaxOrder; order++ {
		s := sequence(t, order)
		if s.Len() != 1<<order-1 {
			t.Errorf("order %d has %d frames", order, s.Len())
		}
		sum := 0
		random := rand.New(rand.NewPCG(uint64(order), 0))
		for _, shift := range append(random.Perm(s.Len())[:8], 1, 2, s.Len()-1) {
			sum = 0
			for i := range s.Len() {
				sum += int(s.At(i) * s.At(i+shift))
			}
			if shift%s.Len() != 0 && sum != -1 {
				t.Errorf("order %d: the autocorrelation at %d is %d, want -1", order, shift, sum)
			}
		}
	}
	for _, order := range []int{-1, 0, 9, 19} {
		if _, err := measure.New(order); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("order %d: %v", order, err)
		}
	}
}

// TestResponseIsExact puts back together a path with many taps.
func TestResponseIsExact(t *testing.T) {
	for order := measure.MinOrder; order <= 13; order++ {
		s := sequence(t, order)
		taps := map[int]float64{0: 0.25, 1: -1, 7: 0.5, s.Len() / 3: 1e-4, s.Len() - 1: -0.125}
		y := make([]float64, s.Len())
		for i := range y {
			y[i] = 0.3 // a constant that is to drop out
			for d, v := range taps {
				y[i] += v * float64(s.At(i+s.Len()-d))
			}
		}
		for d, v := range s.Response(y) {
			if math.Abs(v-taps[d]) > 1e-12 {
				t.Errorf("order %d: at %d there is %g, want %g", order, d, v, taps[d])
			}
		}
	}
}

func TestPaths(t *testing.T) {
	long(t)
	for name, w := range map[string]world{
		"straight":              {},
		"late":                  {delay: 1056},
		"a fraction":            {delay: 480.25},
		"a fraction, inverted":  {delay: 480.6, gain: -0.5},
		"-60 dB":                {delay: 300.5, gain: 0.001},
		"-60 dB, noise":         {delay: 300, gain: 0.001, noise: 1e-6},
		"noise at -40 dB":       {delay: 77.4, gain: 0.1, noise: 0.0001},
		"more noise than sound": {delay: 900, gain: 0.1, noise: 0.05},
		"a constant":            {delay: 12, offset: 0.2},
		"two echoes":            {delay: 500, gain: 0.5, echoes: [][2]float64{{730, 0.3}, {1500.5, -0.2}}},
	} {
		t.Run(name, func(t *testing.T) {
			if w.gain == 0 {
				w.gain = 1
			}
			w.loudness = 0.1
			s := sequence(t, 14)
			p := s.Analyse(w.record(s, 3*s.Len()), w.loudness)
			if !p.Found {
				t.Fatalf("not found: %+v", p)
			}
			near(t, "latency", p.Latency, w.delay, 0.1)
			near(t, "level", p.Level, 20*math.Log10(math.Abs(w.gain)), 0.5)
			if want := int(math.Copysign(1, w.gain)); p.Polarity != want {
				t.Errorf("polarity %d, want %d", p.Polarity, want)
			}
			near(t, "drift", p.Drift, 0, 2)
			power := w.gain * w.gain
			for _, e := range w.echoes {
				power += e[1] * e[1]
			}
			near(t, "total level", p.Total, 10*math.Log10(power), 0.5)
			if w.noise > 0 { // spread over all delays, and the mean of three periods
				want := 20*math.Log10(math.Abs(w.gain)*0.1/w.noise) + 10*math.Log10(3*float64(s.Len()))
				near(t, "SNR", p.SNR, want, 1)
			} else if p.SNR < 60 {
				t.Errorf("SNR %.1f dB without noise", p.SNR)
			}
		})
	}
}

func near(t *testing.T, what string, got, want, most float64) {
	t.Helper()
	if math.Abs(got-want) > most || math.IsNaN(got) {
		t.Errorf("%s %.3f, want %.3f ± %g", what, got, want, most)
	}
}

// TestDrift: what two clocks do to a period is taken out.
func TestDrift(t *testing.T) {
	long(t)
	for order, offsets := range map[int][]float64{12: {-300, 100}, 15: {-300, -12.5, 0.5, 100, 300}, 17: {300}} {
		for _, ppm := range offsets {
			t.Run(fmt.Sprintf("order %d, %+g ppm", order, ppm), func(t *testing.T) {
				s := sequence(t, order)
				w := world{delay: 1000, gain: 0.1, noise: 1e-4, ppm: ppm, loudness: 0.1}
				p := s.Analyse(w.record(s, 3*s.Len()), w.loudness)
				if !p.Found || p.Polarity != 1 {
					t.Fatalf("%v, %v", p.Found, p.Polarity)
				}
				near(t, "drift", p.Drift, ppm, 3)
				near(t, "latency", p.Latency, 1000, 1)
				near(t, "level", p.Level, -20, 1.5)
				if p.SNR < 30 {
					t.Errorf("SNR %.1f dB", p.SNR)
				}
			})
		}
	}
}

// TestDriftWithinOnePeriod is smeared, but found.
func TestDriftWithinOnePeriod(t *testing.T) {
	s := sequence(t, 16)
	w := world{delay: 1000, gain: 1, ppm: 300, loudness: 0.1}
	p := s.Analyse(w.record(s, s.Len()), w.loudness)
	if !p.Found || p.Polarity != 1 {
		t.Fatalf("%v, %v", p.Found, p.Polarity)
	}
	near(t, "latency", p.Latency, 1010, 12)
}

func TestClipping(t *testing.T) {
	s := sequence(t, 15)
	w := world{delay: 333.4, gain: 2, loudness: 0.6, limit: 1}
	p := s.Analyse(w.record(s, 2*s.Len()), w.loudness)
	if !p.Found || p.Polarity != 1 || p.Full < 0.3 {
		t.Errorf("%v, %v, %.2f full scale", p.Found, p.Polarity, p.Full)
	}
	near(t, "latency", p.Latency, 333.4, 0.1)
	near(t, "level", p.Level, 20*math.Log10(1/0.6)/2, 20*math.Log10(1/0.6)/2) // below what full scale is
}

// TestNothingOfItCameBack, whatever else there is.
func TestNothingOfItCameBack(t *testing.T) {
	s := sequence(t, 14)
	other := sequence(t, 13)
	random := rand.New(rand.NewPCG(3, 4))
	for name, f := range map[string]func(i int) float64{
		"silence":          func(int) float64 { return 0 },
		"a constant":       func(int) float64 { return 0.25 },
		"white noise":      func(int) float64 { return 0.2 * random.NormFloat64() },
		"a tone":           func(i int) float64 { return 0.5 * math.Sin(float64(i)*0.1309) },
		"a hum":            func(i int) float64 { return 0.5 * math.Sin(float64(i)*2*math.Pi*50/48000) },
		"another sequence": func(i int) float64 { return 0.1 * float64(other.At(i)) },
		"the last bit":     func(i int) float64 { return float64(random.IntN(2)) / 32768 },
		"no numbers":       func(i int) float64 { return math.Inf(1 - i%2*2) },
	} {
		y := make([]float32, 3*s.Len())
		for i := range y {
			y[i] = float32(f(i))
		}
		if p := s.Analyse(y, 0.1); p.Found || p.Latency != 0 {
			t.Errorf("%s: found %+.1f dB at %.1f, SNR %.1f", name, p.Level, p.Latency, p.SNR)
		}
	}
	if p := s.Analyse(make([]float32, s.Len()-1), 0.1); p.Found {
		t.Error("found in less than a period")
	}
}

// TestBothPolaritiesAlike: a path that only passes changes has none.
func TestBothPolaritiesAlike(t *testing.T) {
	s := sequence(t, 12)
	w := world{delay: 100, gain: 0.5, loudness: 0.1, echoes: [][2]float64{{101, -0.5}}}
	p := s.Analyse(w.record(s, 2*s.Len()), w.loudness)
	if !p.Found || p.Polarity != 0 {
		t.Errorf("%v, polarity %d", p.Found, p.Polarity)
	}
}

func FuzzAnalyse(f *testing.F) {
	s := sequence(f, measure.MinOrder)
	f.Add([]byte{0, 1, 2, 3, 250, 255, 128, 127}, 0.1, uint8(2))
	f.Add([]byte{255, 255, 127, 127}, 1e-300, uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, amplitude float64, periods uint8) {
		y := make([]float32, int(periods%4)*s.Len()+len(data)%7)
		for i := range y {
			bits := uint32(0)
			for k := range 4 {
				if len(data) > 0 {
					bits = bits<<8 | uint32(data[(i*4+k)%len(data)])
				}
			}
			y[i] = math.Float32frombits(bits)
			if bits&1 != 0 {
				y[i] = s.At(i) * float32(amplitude)
			}
		}
		p := s.Analyse(y, amplitude)
		for _, v := range []float64{p.Latency, p.Level, p.Total, p.SNR, p.Drift, p.Full} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%+v", p)
			}
		}
	})
}
