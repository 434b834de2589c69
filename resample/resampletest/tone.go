package resampletest

import "math"

// Stream is a resampler of interleaved stereo, such as resample.Resampler.
type Stream interface {
	// Process takes frames of in, gives frames to out, and returns the numbers of both.
	Process(out, in []float32) (given, taken int)
	// Finish marks the end of the input; Process then gives the rest of the stream.
	Finish()
}

// Amplitude is the amplitude of tones: full scale, where float32 is finest.
const Amplitude = 0.999

// Run sends a whole stream through s in blocks of that many frames and returns the output.
func Run(s Stream, in []float32, block int) []float32 {
	var all []float32
	out := make([]float32, 2*block)
	for finished := false; ; {
		given, taken := s.Process(out, in[:min(2*block, len(in))])
		in = in[2*taken:]
		all = append(all, out[:2*given]...)
		switch {
		case len(in) == 0 && !finished:
			s.Finish()
			finished = true
		case finished && given == 0:
			return all
		}
	}
}

// Tone returns a stereo tone: a sine on the left, its cosine on the right. The frequency is a part
// of the rate.
func Tone(frequency float64, frames int) []float32 {
	tone := make([]float32, 2*frames)
	for i := range frames {
		sin, cos := wave(frequency, i)
		tone[2*i], tone[2*i+1] = float32(Amplitude*sin), float32(Amplitude*cos)
	}
	return tone
}

// wave returns sine and cosine and stays precise far from 0.
func wave(frequency float64, frame int) (sin, cos float64) {
	turns := frequency * float64(frame)
	rest := math.FMA(frequency, float64(frame), -turns) // what the product lost
	return math.Sincos(2 * math.Pi * (turns - math.Floor(turns) + rest))
}

// Fit is the best-fitting sine of a known frequency in a channel.
type Fit struct {
	Gain     float64 // dB, against Amplitude
	Phase    float64 // of the first frame; 0 for a sine
	Residual float64 // dB: the power of the rest relative to the sine
}

// FitTone fits a sine, its cosine and an offset to the left channel by least squares.
func FitTone(x []float32, frequency float64) Fit {
	n := len(x) / 2
	var normal [3][4]float64
	for i := range n {
		sin, cos := wave(frequency, i)
		row := [4]float64{sin, cos, 1, float64(x[2*i])}
		for a := range 3 {
			for b := range 4 {
				normal[a][b] += row[a] * row[b]
			}
		}
	}
	sin, cos, offset := solve(normal)
	var power float64
	for i := range n {
		s, c := wave(frequency, i)
		d := float64(x[2*i]) - sin*s - cos*c - offset
		power += d * d
	}
	amplitude := math.Hypot(sin, cos)
	return Fit{
		Gain:     20 * math.Log10(amplitude/Amplitude),
		Phase:    math.Atan2(cos, sin),
		Residual: 10 * math.Log10(power/float64(n)/(amplitude*amplitude/2)),
	}
}

// solve is Gauss-Jordan elimination without pivoting; the columns are far from dependent.
func solve(m [3][4]float64) (x, y, z float64) {
	for a := range 3 {
		for b := range 3 {
			if a == b {
				continue
			}
			q := m[b][a] / m[a][a]
			for k := range 4 {
				m[b][k] -= q * m[a][k]
			}
		}
	}
	return m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]
}

// Power returns the mean power of the left channel in dB relative to a tone.
func Power(x []float32) float64 {
	var power float64
	for i := 0; i < len(x); i += 2 {
		power += float64(x[i]) * float64(x[i])
	}
	return 10 * math.Log10(power/float64(len(x)/2)/(Amplitude*Amplitude/2))
}

// Middle returns x without the ends of the stream, where the tone is cut off.
func Middle(x []float32) []float32 {
	skip := len(x) / 2 / 10 * 2
	return x[skip : len(x)-skip]
}
