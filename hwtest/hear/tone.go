package hear

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// Sine is a tone of so many frames on all channels, beginning at 0. The amplitude is of 0
// to 1.
func Sine(f audio.Format, hertz, amplitude float64, frames int) []byte {
	samples := make([]float32, frames*f.Channels)
	for i := range samples {
		turns := hertz * float64(i/f.Channels) / float64(f.Rate)
		samples[i] = float32(amplitude * math.Sin(2*math.Pi*(turns-math.Floor(turns))))
	}
	pcm := make([]byte, frames*f.FrameBytes())
	f.Encoding.Encode(pcm, samples, nil)
	return pcm
}

// Tone is the sine that comes closest.
type Tone struct {
	Level    float64 // dBFS
	Hertz    float64
	Residual float64 // dB: what is no part of it, against its own power
}

// FitTone finds the tone in a recording that holds hardly anything else. Too few frames,
// or no tone, give the zero Tone with a Level of -Inf.
func FitTone(x []float64, rate int) Tone {
	hertz := crossings(x) * float64(rate) / 2
	none := Tone{Level: math.Inf(-1)}
	if hertz == 0 || len(x) < 256 {
		return none
	}
	// The phase of two blocks says how far the frequency is off, ever more precisely with
	// blocks that are longer.
	for n := max(128, int(3*float64(rate)/hertz)); 2*n <= len(x); n = longer(n, len(x)) {
		_, first, _ := fit(x[:n], hertz/float64(rate), 0)
		_, second, _ := fit(x[n:2*n], hertz/float64(rate), n)
		turns := math.Remainder(second-first, 2*math.Pi) / (2 * math.Pi)
		hertz += turns * float64(rate) / float64(n)
	}
	amplitude, _, rest := fit(x, hertz/float64(rate), 0)
	if amplitude == 0 {
		return none
	}
	return Tone{
		Level:    20 * math.Log10(amplitude),
		Hertz:    hertz,
		Residual: 10 * math.Log10(rest/(amplitude*amplitude/2)),
	}
}

// longer is half as long again, and half of the whole at last.
func longer(n, whole int) int {
	if n < whole/2 {
		return min(n*3/2, whole/2)
	}
	return whole
}

// crossings is how often x crosses its middle, per frame, counted between the first and
// the last time. What is smaller than a tenth of the largest sample does not count.
func crossings(x []float64) float64 {
	var low, high float64
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	middle, margin := (low+high)/2, (high-low)/20
	var sign, first, last, n int
	for i, v := range x {
		now := sign
		switch {
		case v > middle+margin:
			now = 1
		case v < middle-margin:
			now = -1
		}
		if now != sign && sign != 0 {
			if n == 0 {
				first = i
			}
			n, last = n+1, i
		}
		sign = now
	}
	if last == first {
		return 0
	}
	return float64(n-1) / float64(last-first)
}

// fit is the best a sin + b cos + c through x, whose first frame has the number from. The
// frequency is in parts of the rate; rest is the mean power of what is left.
func fit(x []float64, frequency float64, from int) (amplitude, phase, rest float64) {
	var m [3][4]float64
	for i, v := range x {
		sin, cos := wave(frequency, from+i)
		row := [4]float64{sin, cos, 1, v}
		for a := range 3 {
			for b := range 4 {
				m[a][b] += row[a] * row[b]
			}
		}
	}
	for a := range 3 { // Gauss and Jordan; the columns are far from dependent
		for b := range 3 {
			if a != b {
				q := m[b][a] / m[a][a]
				for k := range 4 {
					m[b][k] -= q * m[a][k]
				}
			}
		}
	}
	s, c, offset := m[0][3]/m[0][0], m[1][3]/m[1][1], m[2][3]/m[2][2]
	for i, v := range x {
		sin, cos := wave(frequency, from+i)
		d := v - s*sin - c*cos - offset
		rest += d * d
	}
	return math.Hypot(s, c), math.Atan2(c, s), rest / float64(len(x))
}

func wave(frequency float64, frame int) (sin, cos float64) {
	turns := frequency * float64(frame)
	return math.Sincos(2 * math.Pi * (turns - math.Floor(turns)))
}
